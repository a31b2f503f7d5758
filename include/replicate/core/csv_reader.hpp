// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CSV_READER_HPP
#define REPLICATE_CORE_CSV_READER_HPP

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace replicate::core {

/// One record of a CSV file.
class csv_record {
public:
    /// The line on which it begins, from 1 on: a field in quotes may go over several.
    std::uint64_t line = 0;
    /// Its fields, without their quotes.
    std::vector<std::string> fields;
    /// What is wrong with it; empty for a good one.
    std::string fault;
    /// The line, and the letter of it, where that is seen; 0 for a good one.
    std::uint64_t fault_line = 0, fault_column = 0;

    csv_record() = default;
};

/// Reads CSV (RFC 4180) record by record: fields between commas, quotes around those that hold commas, quotes or line ends, a quote
/// in quotes doubled, lines that end with LF or CRLF. Empty lines and a byte order mark are passed over. Memory: one record.
class csv_reader {
public:
    /// Reads from here; the stream must outlive the reader. `separator`: what stands between fields.
    explicit csv_reader(std::istream& from, char separator = ',', std::size_t longest_record = 64U << 20U)
        : buffer_(*from.rdbuf())
        , separator_(separator)
        , longest_(longest_record)
    {
        skip_byte_order_mark();
    }

    /// The next record; nothing behind the last. Behind a record with a fault the next line begins the next record.
    std::optional<csv_record> next()
    {
        while (peek() == '\n' || peek() == '\r')
            take();
        if (peek() == end)
            return std::nullopt;
        csv_record record;
        record.line = line_;
        bytes_ = 0;
        do
            record.fields.push_back(field(record));
        while (record.fault.empty() && peek() == separator_ && take() != end);
        if (record.fault.empty() && peek() == '\r')
            take();
        if (record.fault.empty() && peek() != '\n' && peek() != end)
            fail(record, "behind the closing quote there must be a comma or the end of the line");
        while (peek() != '\n' && peek() != end)
            take();
        take();
        return record;
    }

private:
    static constexpr int end = std::istream::traits_type::eof();

    int peek() { return buffer_.sgetc(); }

    int take()
    {
        int const letter = buffer_.sbumpc();
        if (letter == '\n') {
            ++line_;
            column_ = 1;
        } else if ((letter & 0xc0) != 0x80) {
            ++column_; // only the first byte of a UTF-8 letter counts
        }
        return letter;
    }

    void skip_byte_order_mark()
    {
        if (peek() == 0xef)
            for (int i = 0; i < 3; ++i)
                buffer_.sbumpc();
    }

    void fail(csv_record& record, char const* why) const
    {
        record.fault = why;
        record.fault_line = line_;
        record.fault_column = column_;
    }

    std::string field(csv_record& record)
    {
        return peek() == '"' ? quoted_field(record) : plain_field(record);
    }

    std::string plain_field(csv_record& record)
    {
        std::string text;
        while (peek() != separator_ && peek() != '\n' && peek() != end) {
            if (peek() == '"') {
                fail(record, "a quote within a field: write the whole field in quotes, and the quote twice");
                return text;
            }
            if (++bytes_ > longest_) {
                fail(record, "the record is too long");
                return text;
            }
            text += static_cast<char>(take());
        }
        if (peek() != separator_ && !text.empty() && text.back() == '\r')
            text.pop_back();
        return text;
    }

    std::string quoted_field(csv_record& record)
    {
        std::string text;
        auto const begun_line = line_, begun_column = column_;
        take();
        for (;;) {
            if (peek() == end) {
                record.fault = "the quote that begins here has no end";
                record.fault_line = begun_line;
                record.fault_column = begun_column;
                return text;
            }
            if (++bytes_ > longest_) {
                fail(record, "the record is too long");
                return text;
            }
            char const letter = static_cast<char>(take());
            if (letter == '"' && peek() != '"')
                return text;
            if (letter == '"')
                take();
            text += letter;
        }
    }

    std::streambuf& buffer_;
    int const separator_;
    std::size_t const longest_;
    std::size_t bytes_ = 0;
    std::uint64_t line_ = 1;
    std::uint64_t column_ = 1;
};

} // namespace replicate::core

#endif
