// SPDX-License-Identifier: Apache-2.0
// What Flink's own JDBC driver says of a gateway: a line per question, "name: answer". Argument: the URL.
import java.sql.*;
import java.util.*;

public class Flink {
	interface Body { Object run() throws Exception; }

	static void ask(String name, Body body) {
		String answer;
		try {
			Object value = body.run();
			answer = value instanceof ResultSet ? rows((ResultSet) value) : String.valueOf(value);
		} catch (Throwable e) {
			Throwable cause = e;
			while (cause.getCause() != null)
				cause = cause.getCause();
			answer = "FAILED " + String.valueOf(cause.getMessage()).replace("\n", " ");
		}
		System.out.println(name + ": " + answer);
	}

	/* What gives rows and is no query: the driver wants execute for it. */
	static ResultSet shown(Statement statement, String sql) throws SQLException {
		statement.execute(sql);
		return statement.getResultSet();
	}

	static String rows(ResultSet result) throws SQLException {
		StringBuilder text = new StringBuilder();
		while (result.next()) {
			text.append(text.length() > 0 ? "; " : "");
			for (int i = 1; i <= result.getMetaData().getColumnCount(); i++)
				text.append(i > 1 ? "|" : "").append(result.getObject(i));
		}
		result.close();
		return text.toString();
	}

	public static void main(String[] args) throws Exception {
		TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
		Class.forName("org.apache.flink.table.jdbc.FlinkDriver");
		Connection connection = DriverManager.getConnection(args[0]);
		DatabaseMetaData meta = connection.getMetaData();
		Statement statement = connection.createStatement();
		ask("catalogs", () -> meta.getCatalogs());
		ask("schemas", () -> meta.getSchemas());
		ask("catalog", () -> connection.getCatalog() + "." + connection.getSchema());
		ask("create", () -> statement.execute("CREATE TABLE ticks (id BIGINT, t STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100', "
				+ "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000')"));
		ask("create target", () -> statement.execute("CREATE TABLE target (id BIGINT, t STRING) WITH ('connector' = 'blackhole')"));
		ask("values", () -> connection.createStatement().executeQuery("SELECT CAST(1 AS TINYINT), CAST(2.5 AS FLOAT), CAST(1.25 AS DECIMAL(10, 4)), "
				+ "DATE '2020-01-02', TIME '01:02:03', TIMESTAMP '2020-01-01 00:00:00.123456', MAP['k', 1], CAST(NULL AS INT), TRUE, 'abc'"));
		ask("types", () -> {
			ResultSetMetaData columns = connection.createStatement().executeQuery("SELECT id, t, id * 1.5 AS d FROM ticks").getMetaData();
			return columns.getColumnName(1) + " " + columns.getColumnTypeName(1) + ", " + columns.getColumnName(3) + " " + columns.getColumnTypeName(3);
		});
		ask("stream", () -> { // of a query that does not end
			try (Statement endless = connection.createStatement(); ResultSet result = endless.executeQuery("SELECT id FROM ticks")) {
				long sum = 0;
				for (int i = 0; i < 150 && result.next(); i++)
					sum += result.getLong(1);
				return sum;
			}
		});
		ask("batch", () -> {
			statement.execute("SET 'execution.runtime-mode' = 'batch'");
			String found = rows(statement.executeQuery("SELECT customer, COUNT(*) FROM totals WHERE id <= 20 GROUP BY customer ORDER BY customer LIMIT 2"));
			statement.execute("SET 'execution.runtime-mode' = 'streaming'");
			return found;
		});
		ask("show", () -> shown(statement, "SHOW TABLES"));
		ask("describe", () -> shown(statement, "DESCRIBE orders"));
		ask("insert", () -> {
			statement.execute("INSERT INTO target SELECT * FROM ticks");
			ResultSet result = statement.getResultSet();
			return result.next() && result.getString(1).matches("[0-9a-f]{32}");
		});
		ask("error", () -> connection.createStatement().executeQuery("SELECT nope FROM ticks"));
		ask("goes on", () -> connection.createStatement().executeQuery("SELECT 1"));
		connection.close();
		System.out.println("closed");
	}
}
