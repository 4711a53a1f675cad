/* SPDX-License-Identifier: Apache-2.0
 *
 * type_rules - what Flink 2.1 infers for operators over columns of every type: left operand, then for
 * each right operand that is accepted the result type. What is not listed is refused. Operands that
 * Flink takes for reasons of its own (numbers with dates, and intervals where its planner trips over
 * them) are left out on both sides.
 */
#ifndef TEST_EXPR_TYPE_RULES_H
#define TEST_EXPR_TYPE_RULES_H

struct type_rule {
	const char *left;    /* column */
	const char *results; /* "right:TYPE;right:TYPE;..." */
};

static const struct type_rule rules_arith_add[] = {
	{"b",
	 ""},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(11, 2)"
	 ";de2:DECIMAL(38, 9);inn:INT"},
	{"si",
	 "ti:SMALLINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(11, 2"
	 ");de2:DECIMAL(38, 9);inn:INT"},
	{"i",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(13, 2);de2:DECI"
	 "MAL(38, 9);inn:INT"},
	{"l",
	 "ti:BIGINT;si:BIGINT;i:BIGINT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(22, 2)"
	 ";de2:DECIMAL(38, 9);inn:BIGINT"},
	{"f",
	 "ti:FLOAT;si:FLOAT;i:FLOAT;l:FLOAT;f:FLOAT;d:FLOAT;de:DOUBLE;de2:DOUBLE;i"
	 "nn:FLOAT"},
	{"d",
	 "ti:DOUBLE;si:DOUBLE;i:DOUBLE;l:DOUBLE;f:DOUBLE;d:DOUBLE;de:DOUBLE;de2:DO"
	 "UBLE;inn:DOUBLE"},
	{"de",
	 "ti:DECIMAL(11, 2);si:DECIMAL(11, 2);i:DECIMAL(13, 2);l:DECIMAL(22, 2);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(11, 2);de2:DECIMAL(38, 9);inn:DECIMAL(13, 2)"},
	{"de2",
	 "ti:DECIMAL(38, 9);si:DECIMAL(38, 9);i:DECIMAL(38, 9);l:DECIMAL(38, 9);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(38, 9);de2:DECIMAL(38, 9);inn:DECIMAL(38, 9)"},
	{"s",
	 ""},
	{"dt",
	 "ym:DATE;ds:DATE"},
	{"tm",
	 "ym:TIME(0);ds:TIME(0)"},
	{"ts3",
	 "ym:TIMESTAMP(3);ds:TIMESTAMP(3)"},
	{"ts6",
	 "ym:TIMESTAMP(6);ds:TIMESTAMP(6)"},
	{"lz3",
	 "ym:TIMESTAMP_LTZ(3);ds:TIMESTAMP_LTZ(3)"},
	{"ym",
	 "dt:DATE;tm:TIME(0);ts3:TIMESTAMP(3);ts6:TIMESTAMP(6);lz3:TIMESTAMP_LTZ(3"
	 ")"},
	{"ds",
	 "dt:DATE;tm:TIME(0);ts3:TIMESTAMP(3);ts6:TIMESTAMP(6);lz3:TIMESTAMP_LTZ(3"
	 ")"},
	{"a",
	 ""},
	{"inn",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(13, 2);de2:DECI"
	 "MAL(38, 9);inn:INT NOT NULL"},
};

static const struct type_rule rules_arith_sub[] = {
	{"b",
	 ""},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(11, 2)"
	 ";de2:DECIMAL(38, 9);inn:INT"},
	{"si",
	 "ti:SMALLINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(11, 2"
	 ");de2:DECIMAL(38, 9);inn:INT"},
	{"i",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(13, 2);de2:DECI"
	 "MAL(38, 9);inn:INT"},
	{"l",
	 "ti:BIGINT;si:BIGINT;i:BIGINT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(22, 2)"
	 ";de2:DECIMAL(38, 9);inn:BIGINT"},
	{"f",
	 "ti:FLOAT;si:FLOAT;i:FLOAT;l:FLOAT;f:FLOAT;d:FLOAT;de:DOUBLE;de2:DOUBLE;i"
	 "nn:FLOAT"},
	{"d",
	 "ti:DOUBLE;si:DOUBLE;i:DOUBLE;l:DOUBLE;f:DOUBLE;d:DOUBLE;de:DOUBLE;de2:DO"
	 "UBLE;inn:DOUBLE"},
	{"de",
	 "ti:DECIMAL(11, 2);si:DECIMAL(11, 2);i:DECIMAL(13, 2);l:DECIMAL(22, 2);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(11, 2);de2:DECIMAL(38, 9);inn:DECIMAL(13, 2)"},
	{"de2",
	 "ti:DECIMAL(38, 9);si:DECIMAL(38, 9);i:DECIMAL(38, 9);l:DECIMAL(38, 9);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(38, 9);de2:DECIMAL(38, 9);inn:DECIMAL(38, 9)"},
	{"s",
	 ""},
	{"dt",
	 "ym:DATE;ds:DATE"},
	{"tm",
	 "ym:TIME(0);ds:TIME(0)"},
	{"ts3",
	 "ym:TIMESTAMP(3);ds:TIMESTAMP(3)"},
	{"ts6",
	 "ym:TIMESTAMP(6);ds:TIMESTAMP(6)"},
	{"lz3",
	 "ym:TIMESTAMP_LTZ(3);ds:TIMESTAMP_LTZ(3)"},
	{"ym",
	 ""},
	{"ds",
	 ""},
	{"a",
	 ""},
	{"inn",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(13, 2);de2:DECI"
	 "MAL(38, 9);inn:INT NOT NULL"},
};

static const struct type_rule rules_arith_mul[] = {
	{"b",
	 ""},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(14, 2)"
	 ";de2:DECIMAL(38, 6);inn:INT"},
	{"si",
	 "ti:SMALLINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(16, 2"
	 ");de2:DECIMAL(38, 6);inn:INT"},
	{"i",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(21, 2);de2:DECI"
	 "MAL(38, 6);inn:INT"},
	{"l",
	 "ti:BIGINT;si:BIGINT;i:BIGINT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(30, 2)"
	 ";de2:DECIMAL(38, 6);inn:BIGINT"},
	{"f",
	 "ti:FLOAT;si:FLOAT;i:FLOAT;l:FLOAT;f:FLOAT;d:FLOAT;de:DOUBLE;de2:DOUBLE;i"
	 "nn:FLOAT"},
	{"d",
	 "ti:DOUBLE;si:DOUBLE;i:DOUBLE;l:DOUBLE;f:DOUBLE;d:DOUBLE;de:DOUBLE;de2:DO"
	 "UBLE;inn:DOUBLE"},
	{"de",
	 "ti:DECIMAL(14, 2);si:DECIMAL(16, 2);i:DECIMAL(21, 2);l:DECIMAL(30, 2);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(21, 4);de2:DECIMAL(38, 6);inn:DECIMAL(21, 2)"},
	{"de2",
	 "ti:DECIMAL(38, 6);si:DECIMAL(38, 6);i:DECIMAL(38, 6);l:DECIMAL(38, 6);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(38, 6);de2:DECIMAL(38, 6);inn:DECIMAL(38, 6)"},
	{"s",
	 ""},
	{"dt",
	 ""},
	{"tm",
	 ""},
	{"ts3",
	 ""},
	{"ts6",
	 ""},
	{"lz3",
	 ""},
	{"a",
	 ""},
	{"inn",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(21, 2);de2:DECI"
	 "MAL(38, 6);inn:INT NOT NULL"},
};

static const struct type_rule rules_arith_div[] = {
	{"b",
	 ""},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(16, 11"
	 ");de2:DECIMAL(38, 25);inn:INT"},
	{"si",
	 "ti:SMALLINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(18, 1"
	 "1);de2:DECIMAL(38, 23);inn:INT"},
	{"i",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(23, 11);de2:DEC"
	 "IMAL(38, 18);inn:INT"},
	{"l",
	 "ti:BIGINT;si:BIGINT;i:BIGINT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(32, 11"
	 ");de2:DECIMAL(38, 9);inn:BIGINT"},
	{"f",
	 "ti:FLOAT;si:FLOAT;i:FLOAT;l:FLOAT;f:FLOAT;d:FLOAT;de:DOUBLE;de2:DOUBLE;i"
	 "nn:FLOAT"},
	{"d",
	 "ti:DOUBLE;si:DOUBLE;i:DOUBLE;l:DOUBLE;f:DOUBLE;d:DOUBLE;de:DOUBLE;de2:DO"
	 "UBLE;inn:DOUBLE"},
	{"de",
	 "ti:DECIMAL(14, 6);si:DECIMAL(16, 8);i:DECIMAL(21, 13);l:DECIMAL(30, 22);"
	 "f:DOUBLE;d:DOUBLE;de:DECIMAL(23, 13);de2:DECIMAL(38, 20);inn:DECIMAL(21,"
	 " 13)"},
	{"de2",
	 "ti:DECIMAL(38, 10);si:DECIMAL(38, 10);i:DECIMAL(38, 10);l:DECIMAL(38, 10"
	 ");f:DOUBLE;d:DOUBLE;de:DECIMAL(38, 8);de2:DECIMAL(38, 6);inn:DECIMAL(38,"
	 " 10)"},
	{"s",
	 ""},
	{"dt",
	 ""},
	{"tm",
	 ""},
	{"ts3",
	 ""},
	{"ts6",
	 ""},
	{"lz3",
	 ""},
	{"a",
	 ""},
	{"inn",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(23, 11);de2:DEC"
	 "IMAL(38, 18);inn:INT NOT NULL"},
};

static const struct type_rule rules_arith_mod[] = {
	{"b",
	 ""},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;de:DECIMAL(5, 2);de2:DECIMAL(13, 1"
	 "0);inn:INT"},
	{"si",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;de:DECIMAL(7, 2);de2:DECIMAL(15, 1"
	 "0);inn:INT"},
	{"i",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;de:DECIMAL(10, 2);de2:DECIMAL(20, "
	 "10);inn:INT"},
	{"l",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;de:DECIMAL(10, 2);de2:DECIMAL(29, "
	 "10);inn:INT"},
	{"f",
	 ""},
	{"d",
	 ""},
	{"de",
	 "ti:DECIMAL(5, 2);si:DECIMAL(7, 2);i:DECIMAL(10, 2);l:DECIMAL(10, 2);de:D"
	 "ECIMAL(10, 2);de2:DECIMAL(18, 10);inn:DECIMAL(10, 2)"},
	{"de2",
	 "ti:DECIMAL(13, 10);si:DECIMAL(15, 10);i:DECIMAL(20, 10);l:DECIMAL(29, 10"
	 ");de:DECIMAL(18, 10);de2:DECIMAL(38, 10);inn:DECIMAL(20, 10)"},
	{"s",
	 ""},
	{"dt",
	 ""},
	{"tm",
	 ""},
	{"ts3",
	 ""},
	{"ts6",
	 ""},
	{"lz3",
	 ""},
	{"ym",
	 ""},
	{"ds",
	 ""},
	{"a",
	 ""},
	{"inn",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;de:DECIMAL(10, 2);de2:DECIMAL(20, "
	 "10);inn:INT NOT NULL"},
};

static const struct type_rule rules_coalesce[] = {
	{"b",
	 "b:BOOLEAN"},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(10, 2)"
	 ";de2:DECIMAL(38, 10);inn:INT NOT NULL;lnn:BIGINT NOT NULL"},
	{"si",
	 "ti:SMALLINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(10, 2"
	 ");de2:DECIMAL(38, 10);inn:INT NOT NULL;lnn:BIGINT NOT NULL"},
	{"i",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(12, 2);de2:DECI"
	 "MAL(38, 10);inn:INT NOT NULL;lnn:BIGINT NOT NULL"},
	{"l",
	 "ti:BIGINT;si:BIGINT;i:BIGINT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(21, 2)"
	 ";de2:DECIMAL(38, 10);inn:BIGINT NOT NULL;lnn:BIGINT NOT NULL"},
	{"f",
	 "ti:FLOAT;si:FLOAT;i:FLOAT;l:FLOAT;f:FLOAT;d:DOUBLE;de:DOUBLE;de2:DOUBLE;"
	 "inn:FLOAT NOT NULL;lnn:FLOAT NOT NULL"},
	{"d",
	 "ti:DOUBLE;si:DOUBLE;i:DOUBLE;l:DOUBLE;f:DOUBLE;d:DOUBLE;de:DOUBLE;de2:DO"
	 "UBLE;inn:DOUBLE NOT NULL;lnn:DOUBLE NOT NULL"},
	{"de",
	 "ti:DECIMAL(10, 2);si:DECIMAL(10, 2);i:DECIMAL(12, 2);l:DECIMAL(21, 2);f:"
	 "FLOAT;d:DOUBLE;de:DECIMAL(10, 2);de2:DECIMAL(38, 10);inn:DECIMAL(12, 2) "
	 "NOT NULL;lnn:DECIMAL(21, 2) NOT NULL"},
	{"de2",
	 "ti:DECIMAL(38, 10);si:DECIMAL(38, 10);i:DECIMAL(38, 10);l:DECIMAL(38, 10"
	 ");f:FLOAT;d:DOUBLE;de:DECIMAL(38, 10);de2:DECIMAL(38, 10);inn:DECIMAL(38"
	 ", 10) NOT NULL;lnn:DECIMAL(38, 10) NOT NULL"},
	{"c",
	 "c:CHAR(3);vc:VARCHAR(5);s:STRING"},
	{"vc",
	 "c:VARCHAR(5);vc:VARCHAR(5);s:STRING"},
	{"s",
	 "c:STRING;vc:STRING;s:STRING"},
	{"bi",
	 "bi:BINARY(2);vb:VARBINARY(4);byt:BYTES"},
	{"vb",
	 "bi:VARBINARY(4);vb:VARBINARY(4);byt:BYTES"},
	{"byt",
	 "bi:BYTES;vb:BYTES;byt:BYTES"},
	{"dt",
	 "dt:DATE;ts0:DATE;ts3:DATE;ts6:DATE;ts9:DATE"},
	{"tm",
	 "tm:TIME(0);ts0:TIME(0);ts3:TIME(0);ts6:TIME(0);ts9:TIME(0)"},
	{"ts0",
	 "dt:DATE;tm:TIME(0);ts0:TIMESTAMP(0);ts3:TIMESTAMP(3);ts6:TIMESTAMP(6);ts"
	 "9:TIMESTAMP(9);lz3:TIMESTAMP_LTZ(3);lz6:TIMESTAMP_LTZ(6)"},
	{"ts3",
	 "dt:DATE;tm:TIME(0);ts0:TIMESTAMP(3);ts3:TIMESTAMP(3);ts6:TIMESTAMP(6);ts"
	 "9:TIMESTAMP(9);lz3:TIMESTAMP_LTZ(3);lz6:TIMESTAMP_LTZ(6)"},
	{"ts6",
	 "dt:DATE;tm:TIME(0);ts0:TIMESTAMP(6);ts3:TIMESTAMP(6);ts6:TIMESTAMP(6);ts"
	 "9:TIMESTAMP(9);lz3:TIMESTAMP_LTZ(6);lz6:TIMESTAMP_LTZ(6)"},
	{"ts9",
	 "dt:DATE;tm:TIME(0);ts0:TIMESTAMP(9);ts3:TIMESTAMP(9);ts6:TIMESTAMP(9);ts"
	 "9:TIMESTAMP(9);lz3:TIMESTAMP_LTZ(9);lz6:TIMESTAMP_LTZ(9)"},
	{"lz3",
	 "ts0:TIMESTAMP_LTZ(3);ts3:TIMESTAMP_LTZ(3);ts6:TIMESTAMP_LTZ(6);ts9:TIMES"
	 "TAMP_LTZ(9);lz3:TIMESTAMP_LTZ(3);lz6:TIMESTAMP_LTZ(6)"},
	{"lz6",
	 "ts0:TIMESTAMP_LTZ(6);ts3:TIMESTAMP_LTZ(6);ts6:TIMESTAMP_LTZ(6);ts9:TIMES"
	 "TAMP_LTZ(9);lz3:TIMESTAMP_LTZ(6);lz6:TIMESTAMP_LTZ(6)"},
	{"ym",
	 ""},
	{"ds",
	 ""},
	{"a",
	 "a:ARRAY<INT>;al:ARRAY<BIGINT>"},
	{"al",
	 "a:ARRAY<BIGINT>;al:ARRAY<BIGINT>"},
	{"m",
	 "m:MAP<STRING, INT>"},
	{"r",
	 "r:ROW<`x` INT, `y` STRING>;r2:ROW<`x` BIGINT, `y` STRING>"},
	{"r2",
	 "r:ROW<`p` BIGINT, `q` STRING>;r2:ROW<`p` BIGINT, `q` STRING>"},
	{"inn",
	 "ti:INT NOT NULL;si:INT NOT NULL;i:INT NOT NULL;l:BIGINT NOT NULL;f:FLOAT"
	 " NOT NULL;d:DOUBLE NOT NULL;de:DECIMAL(12, 2) NOT NULL;de2:DECIMAL(38, 1"
	 "0) NOT NULL;inn:INT NOT NULL;lnn:BIGINT NOT NULL"},
	{"lnn",
	 "ti:BIGINT NOT NULL;si:BIGINT NOT NULL;i:BIGINT NOT NULL;l:BIGINT NOT NUL"
	 "L;f:FLOAT NOT NULL;d:DOUBLE NOT NULL;de:DECIMAL(21, 2) NOT NULL;de2:DECI"
	 "MAL(38, 10) NOT NULL;inn:BIGINT NOT NULL;lnn:BIGINT NOT NULL"},
	{"ar",
	 "ar:ARRAY<STRING>"},
};

static const struct type_rule rules_case[] = {
	{"b",
	 "b:BOOLEAN"},
	{"ti",
	 "ti:TINYINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(10, 2)"
	 ";de2:DECIMAL(38, 10);inn:INT"},
	{"si",
	 "ti:SMALLINT;si:SMALLINT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(10, 2"
	 ");de2:DECIMAL(38, 10);inn:INT"},
	{"i",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(12, 2);de2:DECI"
	 "MAL(38, 10);inn:INT"},
	{"l",
	 "ti:BIGINT;si:BIGINT;i:BIGINT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(21, 2)"
	 ";de2:DECIMAL(38, 10);inn:BIGINT"},
	{"f",
	 "ti:FLOAT;si:FLOAT;i:FLOAT;l:FLOAT;f:FLOAT;d:FLOAT;de:DOUBLE;de2:DOUBLE;i"
	 "nn:FLOAT"},
	{"d",
	 "ti:DOUBLE;si:DOUBLE;i:DOUBLE;l:DOUBLE;f:DOUBLE;d:DOUBLE;de:DOUBLE;de2:DO"
	 "UBLE;inn:DOUBLE"},
	{"de",
	 "ti:DECIMAL(10, 2);si:DECIMAL(10, 2);i:DECIMAL(12, 2);l:DECIMAL(21, 2);f:"
	 "DOUBLE;d:DOUBLE;de:DECIMAL(10, 2);de2:DECIMAL(38, 10);inn:DECIMAL(12, 2)"},
	{"de2",
	 "ti:DECIMAL(38, 10);si:DECIMAL(38, 10);i:DECIMAL(38, 10);l:DECIMAL(38, 10"
	 ");f:DOUBLE;d:DOUBLE;de:DECIMAL(38, 10);de2:DECIMAL(38, 10);inn:DECIMAL(3"
	 "8, 10)"},
	{"c",
	 "c:CHAR(3);vc:VARCHAR(5);s:STRING"},
	{"vc",
	 "c:VARCHAR(5);vc:VARCHAR(5);s:STRING"},
	{"s",
	 "c:STRING;vc:STRING;s:STRING"},
	{"bi",
	 "bi:BINARY(2);vb:VARBINARY(4);byt:BYTES"},
	{"vb",
	 "bi:VARBINARY(4);vb:VARBINARY(4);byt:BYTES"},
	{"byt",
	 "bi:BYTES;vb:BYTES;byt:BYTES"},
	{"dt",
	 "dt:DATE"},
	{"tm",
	 "tm:TIME(0)"},
	{"ts0",
	 "ts0:TIMESTAMP(0);ts3:TIMESTAMP(3);ts6:TIMESTAMP(6);ts9:TIMESTAMP(9);lz3:"
	 "TIMESTAMP_LTZ(3);lz6:TIMESTAMP_LTZ(6)"},
	{"ts3",
	 "ts0:TIMESTAMP(3);ts3:TIMESTAMP(3);ts6:TIMESTAMP(6);ts9:TIMESTAMP(9);lz3:"
	 "TIMESTAMP(3);lz6:TIMESTAMP_LTZ(6)"},
	{"ts6",
	 "ts0:TIMESTAMP(6);ts3:TIMESTAMP(6);ts6:TIMESTAMP(6);ts9:TIMESTAMP(9);lz3:"
	 "TIMESTAMP_LTZ(6);lz6:TIMESTAMP(6)"},
	{"ts9",
	 "ts0:TIMESTAMP(9);ts3:TIMESTAMP(9);ts6:TIMESTAMP(9);ts9:TIMESTAMP(9);lz3:"
	 "TIMESTAMP_LTZ(9);lz6:TIMESTAMP_LTZ(9)"},
	{"lz3",
	 "ts0:TIMESTAMP(3);ts3:TIMESTAMP_LTZ(3);ts6:TIMESTAMP(6);ts9:TIMESTAMP(9);"
	 "lz3:TIMESTAMP_LTZ(3);lz6:TIMESTAMP_LTZ(6)"},
	{"lz6",
	 "ts0:TIMESTAMP(6);ts3:TIMESTAMP(6);ts6:TIMESTAMP_LTZ(6);ts9:TIMESTAMP(9);"
	 "lz3:TIMESTAMP_LTZ(6);lz6:TIMESTAMP_LTZ(6)"},
	{"a",
	 "a:ARRAY<INT>;al:ARRAY<BIGINT>"},
	{"al",
	 "a:ARRAY<BIGINT>;al:ARRAY<BIGINT>"},
	{"m",
	 "m:MAP<STRING, INT>"},
	{"r",
	 "r:ROW<`x` INT, `y` STRING>;r2:ROW<`x` BIGINT, `y` STRING>"},
	{"r2",
	 "r:ROW<`p` BIGINT, `q` STRING>;r2:ROW<`p` BIGINT, `q` STRING>"},
	{"inn",
	 "ti:INT;si:INT;i:INT;l:BIGINT;f:FLOAT;d:DOUBLE;de:DECIMAL(12, 2);de2:DECI"
	 "MAL(38, 10);inn:INT NOT NULL"},
	{"ar",
	 "ar:ARRAY<STRING>"},
	{"ym",
	 ""},
	{"ds",
	 ""},
};

static const struct type_rule rules_equal[] = {
	{"b",
	 "b:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN"},
	{"ti",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"si",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"i",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"l",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"f",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"d",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"de",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"de2",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"c",
	 "b:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN;tm:BOOLEAN;ts0:BOOLE"
	 "AN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:BOOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"vc",
	 "b:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN;tm:BOOLEAN;ts0:BOOLE"
	 "AN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:BOOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"s",
	 "b:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN;tm:BOOLEAN;ts0:BOOLE"
	 "AN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:BOOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"bi",
	 "bi:BOOLEAN;vb:BOOLEAN;byt:BOOLEAN"},
	{"vb",
	 "bi:BOOLEAN;vb:BOOLEAN;byt:BOOLEAN"},
	{"byt",
	 "bi:BOOLEAN;vb:BOOLEAN;byt:BOOLEAN"},
	{"dt",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN"},
	{"tm",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;tm:BOOLEAN"},
	{"ts0",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ts3",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ts6",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ts9",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"lz3",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"lz6",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ym",
	 ""},
	{"ds",
	 ""},
	{"a",
	 "a:BOOLEAN"},
	{"al",
	 "al:BOOLEAN"},
	{"m",
	 "m:BOOLEAN"},
	{"r",
	 "r:BOOLEAN;r2:BOOLEAN"},
	{"r2",
	 "r:BOOLEAN;r2:BOOLEAN"},
	{"inn",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN NOT NULL;lnn:BOOLEAN NOT NULL"},
	{"lnn",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;inn:BOOLEAN NOT NULL;lnn:BOOLEAN NOT NULL"},
	{"ar",
	 "ar:BOOLEAN"},
};

static const struct type_rule rules_less[] = {
	{"b",
	 "b:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN"},
	{"ti",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"si",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"i",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"l",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"f",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"d",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"de",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"de2",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"c",
	 "b:BOOLEAN;ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;"
	 "de:BOOLEAN;de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN;tm:BOOL"
	 "EAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:BOOLEAN;lz3:BOOLEAN;lz6:BOOL"
	 "EAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"vc",
	 "b:BOOLEAN;ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;"
	 "de:BOOLEAN;de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN;tm:BOOL"
	 "EAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:BOOLEAN;lz3:BOOLEAN;lz6:BOOL"
	 "EAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"s",
	 "b:BOOLEAN;ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;"
	 "de:BOOLEAN;de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN;tm:BOOL"
	 "EAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:BOOLEAN;lz3:BOOLEAN;lz6:BOOL"
	 "EAN;inn:BOOLEAN;lnn:BOOLEAN"},
	{"bi",
	 "bi:BOOLEAN;vb:BOOLEAN;byt:BOOLEAN"},
	{"vb",
	 "bi:BOOLEAN;vb:BOOLEAN;byt:BOOLEAN"},
	{"byt",
	 "bi:BOOLEAN;vb:BOOLEAN;byt:BOOLEAN"},
	{"dt",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;dt:BOOLEAN"},
	{"tm",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;tm:BOOLEAN"},
	{"ts0",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ts3",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ts6",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ts9",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"lz3",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"lz6",
	 "c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;ts0:BOOLEAN;ts3:BOOLEAN;ts6:BOOLEAN;ts9:B"
	 "OOLEAN;lz3:BOOLEAN;lz6:BOOLEAN"},
	{"ym",
	 ""},
	{"ds",
	 ""},
	{"a",
	 "a:BOOLEAN"},
	{"al",
	 "al:BOOLEAN"},
	{"m",
	 "m:BOOLEAN"},
	{"r",
	 "r:BOOLEAN;r2:BOOLEAN"},
	{"r2",
	 "r:BOOLEAN;r2:BOOLEAN"},
	{"inn",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN NOT NULL;lnn:BOO"
	 "LEAN NOT NULL"},
	{"lnn",
	 "ti:BOOLEAN;si:BOOLEAN;i:BOOLEAN;l:BOOLEAN;f:BOOLEAN;d:BOOLEAN;de:BOOLEAN"
	 ";de2:BOOLEAN;c:BOOLEAN;vc:BOOLEAN;s:BOOLEAN;inn:BOOLEAN NOT NULL;lnn:BOO"
	 "LEAN NOT NULL"},
	{"ar",
	 "ar:BOOLEAN"},
};

#endif
