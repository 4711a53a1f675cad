/* SPDX-License-Identifier: Apache-2.0
 *
 * weir.hpp - weir.h for C++17: handles that free themselves, errors as exceptions, rows by lambdas.
 *
 *     weir::Session session;
 *     session.execute("SELECT 1 + 1", [](weir::Row row) { std::cout << row.text(0) << '\n'; });
 *
 * A sketch to be taken into a program and made one's own, not a part of the library.
 */
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <weir/weir.h>

namespace weir {

class Error : public std::runtime_error {
public:
	Error(weir_code code, weir_error *error)
	    : std::runtime_error(error != nullptr ? weir_error_report(error) : "weir"), code(code)
	{
		weir_error_free(error);
	}
	const weir_code code;
};

// By reference: the call that fills `error` may be made after the arguments were taken.
inline void check(weir_code code, weir_error *const &error)
{
	if (code != WEIR_OK)
		throw Error(code, error);
}

class Row {
public:
	explicit Row(const weir_row *row) : row_(row) {}
	bool is_null(uint32_t column) const { return weir_is_null(row_, column); }
	std::optional<int64_t> integer(uint32_t column) const
	{
		int64_t value;
		return weir_get_i64(row_, column, &value) ? std::optional(value) : std::nullopt;
	}
	std::string text(uint32_t column) const
	{
		const char *value = weir_get_text(row_, column);
		return value != nullptr ? value : "NULL";
	}

private:
	const weir_row *row_;
};

// Rows for a table of connector 'input'.
class Input {
public:
	Input(weir_session *session, const char *table) : input_(nullptr, weir_input_free)
	{
		weir_input *input = nullptr;
		weir_error *error = nullptr;
		check(weir_input_open(session, table, &input, &error), error);
		input_.reset(input);
	}
	template <typename... Values> void push(const Values &...values)
	{
		weir_error *error = nullptr;
		(append(values), ...);
		weir_append_end(weir_input_appender(input_.get()));
		check(weir_input_push(input_.get(), WEIR_INPUT_WAIT, &error), error);
	}
	void end() { weir_input_end(input_.get()); }

private:
	void append(int64_t value) { weir_append_i64(weir_input_appender(input_.get()), value); }
	void append(int value) { append(static_cast<int64_t>(value)); }
	void append(double value) { weir_append_f64(weir_input_appender(input_.get()), value); }
	void append(std::string_view value)
	{
		weir_append_bytes(weir_input_appender(input_.get()), value.data(), value.size());
	}
	void append(std::nullopt_t) { weir_append_null(weir_input_appender(input_.get())); }
	std::unique_ptr<weir_input, decltype(&weir_input_free)> input_;
};

// A SELECT that runs beside the program.
class Cursor {
public:
	Cursor(weir_session *session, const char *sql) : cursor_(nullptr, weir_cursor_free)
	{
		weir_cursor *cursor = nullptr;
		weir_error *error = nullptr;
		check(weir_query(session, sql, &cursor, &error), error);
		cursor_.reset(cursor);
	}
	// The next row; none: that was all.
	std::optional<Row> next()
	{
		const weir_row *row = nullptr;
		weir_error *error = nullptr;
		weir_code code = weir_cursor_row(cursor_.get(), -1, &row, &error);
		if (code == WEIR_END)
			return std::nullopt;
		check(code, error);
		return Row(row);
	}

private:
	std::unique_ptr<weir_cursor, decltype(&weir_cursor_free)> cursor_;
};

class Session {
public:
	Session() : session_(weir_session_new(), weir_session_free) {}
	void execute(const char *sql) { execute(sql, [](const Row &) {}); }
	template <typename Each> void execute(const char *sql, Each each)
	{
		weir_handler handler{};
		weir_error *error = nullptr;
		handler.size = sizeof handler;
		handler.user = &each;
		handler.row = [](void *user, const weir_row *row) {
			(*static_cast<Each *>(user))(Row(row));
			return 0;
		};
		check(weir_execute(session_.get(), sql, &handler, &error), error);
	}
	Input input(const char *table) { return Input(session_.get(), table); }
	Cursor query(const char *sql) { return Cursor(session_.get(), sql); }
	weir_session *get() const { return session_.get(); }

private:
	std::unique_ptr<weir_session, decltype(&weir_session_free)> session_;
};

} // namespace weir
