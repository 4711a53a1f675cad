/* SPDX-License-Identifier: Apache-2.0
 *
 * top_words - the most frequent words of standard input, by SQL, from C++.
 *
 *     c++ -std=c++17 top_words.cpp $(pkg-config --cflags --libs weir) -o top_words
 *     ./top_words < text
 */
#include <iostream>

#include "weir.hpp"

int main()
{
	try {
		weir::Session session;
		std::string word;

		session.execute("SET 'execution.runtime-mode' = 'batch';"
				"CREATE TABLE words (word STRING) "
				"WITH ('connector' = 'input', 'input.bounded' = 'true')");
		weir::Input words = session.input("words");
		weir::Cursor top =
		    session.query("SELECT word, COUNT(*) AS times FROM words "
				  "GROUP BY word ORDER BY times DESC, word LIMIT 10");
		while (std::cin >> word)
			words.push(word); // waits when the query is behind
		words.end();
		while (auto row = top.next())
			std::cout << row->integer(1).value_or(0) << ' ' << row->text(0) << '\n';
		return 0;
	} catch (const weir::Error &error) {
		std::cerr << error.what();
		return error.code;
	}
}
