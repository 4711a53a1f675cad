// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's JDBC driver says of a server: a line per question, "name: rows". Arguments: the URL, user, password.
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;

public class Postgres {
	interface Body { Object run() throws Exception; }
	static Connection connection;

	static void ask(String name, Body body) {
		String answer;
		try {
			Object value = body.run();
			answer = value instanceof ResultSet ? rows((ResultSet) value) : String.valueOf(value);
		} catch (SQLException e) {
			answer = "SQLSTATE " + e.getSQLState() + " " + e.getMessage().lines().findFirst().orElse("");
		} catch (Exception e) {
			answer = "FAILED " + e;
		}
		System.out.println(name + ": " + answer);
	}

	static String rows(ResultSet result, String... columns) throws SQLException {
		StringBuilder text = new StringBuilder();
		ResultSetMetaData meta = result.getMetaData();
		while (result.next()) {
			List<String> row = new ArrayList<>();
			if (columns.length > 0)
				for (String column : columns)
					row.add(result.getString(column));
			else
				for (int i = 1; i <= meta.getColumnCount(); i++)
					row.add(result.getString(i));
			text.append(text.length() > 0 ? "; " : "").append(String.join("|", row.stream().map(String::valueOf).toList()));
		}
		result.close();
		return text.toString();
	}

	static void metadata(DatabaseMetaData meta) {
		ask("product", () -> meta.getDatabaseProductName());
		ask("catalogs", () -> meta.getCatalogs());
		ask("schemas", () -> rows(meta.getSchemas(null, "pub%"), "TABLE_SCHEM"));
		ask("tables", () -> rows(meta.getTables(null, "public", "%", new String[]{"TABLE", "VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE"}),
				"TABLE_NAME", "TABLE_TYPE"));
		ask("columns", () -> rows(meta.getColumns(null, null, "totals", "%"), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS",
				"NULLABLE", "ORDINAL_POSITION"));
		ask("comment", () -> rows(meta.getColumns(null, null, "orders", "customer"), "REMARKS"));
		ask("primary key", () -> rows(meta.getPrimaryKeys(null, "public", "totals"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"));
		ask("two keys", () -> rows(meta.getPrimaryKeys(null, "public", "pairs"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"));
		ask("index", () -> rows(meta.getIndexInfo(null, "public", "pairs", false, true), "INDEX_NAME", "NON_UNIQUE", "ORDINAL_POSITION", "COLUMN_NAME"));
		ask("best row", () -> rows(meta.getBestRowIdentifier(null, "public", "totals", 0, true), "COLUMN_NAME"));
		ask("imported", () -> meta.getImportedKeys(null, "public", "totals"));
		ask("cross", () -> meta.getCrossReference(null, "public", "totals", null, "public", "orders"));
		ask("functions", () -> meta.getFunctions(null, null, "%"));
		ask("procedures", () -> meta.getProcedures(null, null, "%"));
		ask("types", () -> {
			Set<String> types = new TreeSet<>();
			for (ResultSet result = meta.getTypeInfo(); result.next();)
				types.add(result.getString("TYPE_NAME"));
			return types.containsAll(List.of("bool", "int8", "text", "numeric", "timestamp", "timestamptz", "_int4"));
		});
		ask("keywords", () -> meta.getSQLKeywords().contains("watermark"));
		ask("names", () -> meta.getMaxColumnNameLength());
		ask("schema", () -> connection.getSchema() + " " + connection.getCatalog() + " " + connection.isValid(10));
	}

	static void queries() throws SQLException {
		for (int fetch : new int[]{0, 7}) {
			connection.setAutoCommit(fetch == 0);
			ask("fetch " + fetch, () -> {
				long sum = 0;
				try (PreparedStatement all = connection.prepareStatement("SELECT id FROM totals")) {
					all.setFetchSize(fetch);
					for (ResultSet result = all.executeQuery(); result.next();)
						sum += result.getLong(1);
				}
				return sum;
			});
			connection.setAutoCommit(true);
		}
		ask("by key", () -> { // from the fifth time on it is prepared at the server, and binary
			StringBuilder text = new StringBuilder();
			try (PreparedStatement byKey = connection.prepareStatement("SELECT id, customer FROM totals WHERE id = ?")) {
				for (long id = 1; id <= 12; id++) {
					byKey.setLong(1, id);
					text.append(rows(byKey.executeQuery())).append(' ');
				}
				return text + byKey.getParameterMetaData().getParameterTypeName(1) + " " + byKey.getMetaData().getColumnTypeName(2);
			}
		});
		ask("any", () -> {
			PreparedStatement any = connection.prepareStatement("SELECT id FROM totals WHERE id = ANY(?) AND customer <> ALL(?) ORDER BY id");
			any.setArray(1, connection.createArrayOf("int8", new Object[]{3L, 5L, 7L}));
			any.setArray(2, connection.createArrayOf("text", new Object[]{"c5", "it's"}));
			return any.executeQuery();
		});
		ask("of none", () -> {
			PreparedStatement any = connection.prepareStatement("SELECT count(*) FROM totals WHERE id = ANY(?)");
			any.setArray(1, connection.createArrayOf("int8", new Object[]{}));
			return any.executeQuery();
		});
		ask("arrays", () -> {
			ResultSet result = connection.createStatement().executeQuery("SELECT ARRAY[1, 2], ARRAY['a', 'b c']");
			result.next();
			return Arrays.toString((Object[]) result.getArray(1).getArray()) + Arrays.toString((Object[]) result.getArray(2).getArray());
		});
		ask("like", () -> {
			PreparedStatement like = connection.prepareStatement("SELECT count(*) FROM totals WHERE customer ILIKE '%' || ? || '%' AND customer NOT ILIKE ?");
			like.setString(1, "C");
			like.setString(2, "C1%");
			return like.executeQuery();
		});
	}

	static void values() {
		for (int time = 1; time <= 7; time++)
			ask("values", () -> {
				PreparedStatement all = connection.prepareStatement("SELECT ?::int2, ?::int4, ?::int8, ?::float8, ?::numeric(10, 2), ?::text, ?::bool, ?::date, "
						+ "?::timestamp, ?::timestamptz, ?::time, ?::int");
				all.setShort(1, (short) -1);
				all.setInt(2, 2);
				all.setLong(3, 1L << 40);
				all.setDouble(4, 0.1);
				all.setBigDecimal(5, new BigDecimal("12.5"));
				all.setString(6, "ü'\\");
				all.setBoolean(7, true);
				all.setObject(8, LocalDate.parse("2024-02-29"));
				all.setObject(9, LocalDateTime.parse("2024-02-29T12:34:56.123456"));
				all.setObject(10, OffsetDateTime.parse("2024-02-29T14:00:00+02:00"));
				all.setObject(11, LocalTime.parse("12:34:56"));
				all.setNull(12, Types.INTEGER);
				return all.executeQuery();
			});
		ask("times", () -> {
			PreparedStatement times = connection.prepareStatement("SELECT count(*) FROM (SELECT TIMESTAMP '2024-01-01 00:00:00' AS moment) AS t WHERE moment >= ? AND moment < ?");
			times.setTimestamp(1, Timestamp.from(Instant.parse("2023-01-01T00:00:00.5Z")));
			times.setTimestamp(2, Timestamp.from(Instant.parse("2025-01-01T00:00:00Z")));
			return times.executeQuery();
		});
	}

	static void statements() {
		ask("batch", () -> {
			PreparedStatement insert = connection.prepareStatement("INSERT INTO target VALUES (?, ?)");
			for (int i = 0; i < 3; i++) {
				insert.setInt(1, i);
				insert.setString(2, "row " + i);
				insert.addBatch();
			}
			return Arrays.toString(insert.executeBatch());
		});
		ask("several", () -> {
			Statement several = connection.createStatement();
			return several.execute("SELECT 1; SELECT 2") + " " + several.getMoreResults();
		});
		ask("savepoint", () -> {
			connection.setAutoCommit(false);
			Savepoint savepoint = connection.setSavepoint();
			connection.rollback(savepoint);
			connection.commit();
			connection.setAutoCommit(true);
			return "kept";
		});
		ask("no column", () -> connection.createStatement().executeQuery("SELECT nope FROM totals"));
		ask("no table", () -> connection.createStatement().executeQuery("SELECT 1 FROM nope"));
		ask("no function", () -> connection.createStatement().executeQuery("SELECT nope(1)"));
		ask("syntax", () -> connection.createStatement().executeQuery("SELECT FROM WHERE"));
		ask("cast", () -> connection.createStatement().executeQuery("SELECT 'x'::int"));
		ask("there already", () -> connection.createStatement().execute("CREATE TABLE target (a INT) WITH ('connector' = 'blackhole')"));
		ask("timeout", () -> {
			Statement endless = connection.createStatement();
			endless.setQueryTimeout(1);
			return endless.executeQuery("SELECT * FROM ticks");
		});
		ask("copy", () -> connection.unwrap(org.postgresql.PGConnection.class).getCopyAPI().copyOut("COPY (SELECT id FROM totals WHERE id < 4) TO STDOUT",
				java.io.OutputStream.nullOutputStream()));
	}

	public static void main(String[] args) throws Exception {
		TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
		connection = DriverManager.getConnection(args[0], args[1], args[2]);
		metadata(connection.getMetaData());
		queries();
		values();
		statements();
		connection.close();
	}
}
