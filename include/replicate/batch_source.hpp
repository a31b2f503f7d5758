// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_SOURCE_HPP
#define REPLICATE_BATCH_SOURCE_HPP

#include <replicate/batch_row.hpp>
#include <replicate/core/batch_line.hpp>
#include <replicate/core/csv_reader.hpp>
#include <replicate/core/row_template.hpp>
#include <replicate/core/sha256.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// How the input of a batch is read. A plain value.
class batch_source_options {
public:
    /// What rows are run on that name no model. Default: each must name one.
    std::optional<model_ref> target;
    /// `key=value`: goes into all inputs, in the place of what they have. The value is JSON where it can be read as JSON, else text; in
    /// it `{column}` stands for a field of CSV.
    std::vector<std::string> set;
    /// `column=field`: into which member of the input a column of CSV goes; see `read_csv`.
    std::vector<std::string> map;
    /// Whether a text `@path` in an input stands for a file (`@@` for a text that begins with `@`). Default: true.
    bool files = true;
    /// Where relative paths of files begin. Default: the directory of the process.
    std::filesystem::path directory;
    /// A line that is longer is a fault. Bytes. Default: 64 MiB.
    std::size_t longest_line = 64U << 20U;

    /// The defaults.
    batch_source_options() = default;
};

/// Where the rows of a batch come from.
class batch_source {
public:
    batch_source() = default;
    batch_source(batch_source const&) = delete;
    batch_source& operator=(batch_source const&) = delete;
    virtual ~batch_source() = default;

    /// The next row, or a fault in the place of one; nothing behind the last. Called by one thread at a time. May block.
    virtual std::optional<batch_entry> next() = 0;

    /// Whether there will be none any more. Asked when there is none; where there may be, it is asked for one again after a while.
    virtual bool is_over() { return true; }
};

/// Rows as JSON, one object a line:
///
///     {"custom_id": "a", "model": "owner/name", "input": {"prompt": "...", "image": "@photo.jpg"}}
///
/// with `version` or `deployment` in the place of `model`; without `custom_id` the row is called `line-` and the number of its line.
/// Lines of OpenAI's batches are taken too. Empty lines and a byte order mark are passed over. Memory: one line.
class jsonl_source final : public batch_source {
public:
    /// Reads from here; the stream must outlive the source. An `error` of `errc::invalid_argument` for options that cannot be.
    explicit jsonl_source(std::istream& from, batch_source_options const& options = batch_source_options())
        : stream_(from)
        , reader_(options.target, settings_of(options), core::row_files(options.directory, options.files))
        , longest_(options.longest_line)
    {
        if (!options.map.empty())
            detail::throw_invalid_argument("map", "is for the columns of CSV");
    }

    std::optional<batch_entry> next() override
    {
        std::string text;
        while (read_line(text)) {
            if (text.find_first_not_of(" \t\r") == std::string::npos && !is_too_long_)
                continue;
            batch_entry entry = is_too_long_ ? batch_entry(batch_fault(line_, longest_ + 1, "the line is too long"))
                                             : reader_.read(text, line_);
            entry.number = count_++;
            return entry;
        }
        return std::nullopt;
    }

private:
    static json::object settings_of(batch_source_options const& options)
    {
        core::row_template settings;
        for (std::string const& each : options.set)
            settings.set(each);
        return settings.settings();
    }

    bool read_line(std::string& text)
    {
        constexpr int end = std::istream::traits_type::eof();
        std::streambuf& buffer = *stream_.rdbuf();
        text.clear();
        is_too_long_ = false;
        int letter = buffer.sbumpc();
        if (letter == end)
            return false;
        ++line_;
        for (; letter != end && letter != '\n'; letter = buffer.sbumpc()) {
            is_too_long_ = is_too_long_ || text.size() >= longest_;
            if (!is_too_long_)
                text += static_cast<char>(letter);
        }
        if (line_ == 1 && text.starts_with("\xef\xbb\xbf"))
            text.erase(0, 3);
        return true;
    }

    std::istream& stream_;
    core::batch_line_reader reader_;
    std::size_t const longest_;
    bool is_too_long_ = false;
    std::uint64_t line_ = 0;
    std::uint64_t count_ = 0;
};

/// Rows as CSV (RFC 4180), whose first line names the columns. `batch_source_options::map` says `column=field`: into which member of the
/// input a column goes, where what can be read as JSON is a number or whatever it is; `column=field:text` keeps it as text. Without any
/// mapping each column goes into the member of its own name. The columns custom_id, model, version and deployment are those of the row.
/// An empty field is left out of its input. Memory: one record.
class csv_source final : public batch_source {
public:
    /// Reads from here; the stream must outlive the source. An `error` of `errc::invalid_argument` for options that cannot be, or
    /// that the columns do not fit.
    explicit csv_source(std::istream& from, batch_source_options const& options = batch_source_options(), char separator = ',')
        : records_(from, separator, options.longest_line)
        , reader_(options.target, json::object(), core::row_files(options.directory, options.files))
    {
        for (std::string const& each : options.map)
            template_.map(each);
        for (std::string const& each : options.set)
            template_.set(each);
        auto columns = records_.next();
        if (!columns || !columns->fault.empty())
            detail::throw_invalid_argument("columns", columns ? columns->fault : "there is no first line that names them");
        columns_ = columns->fields.size();
        template_.begin(std::move(columns->fields));
    }

    std::optional<batch_entry> next() override
    {
        auto const record = records_.next();
        if (!record)
            return std::nullopt;
        batch_entry entry = entry_of(*record);
        entry.number = count_++;
        return entry;
    }

private:
    batch_entry entry_of(core::csv_record const& record) const
    {
        if (!record.fault.empty())
            return batch_entry(batch_fault(record.fault_line, record.fault_column, record.fault));
        if (record.fields.size() != columns_)
            return batch_entry(batch_fault(record.line, 0,
                "has " + std::to_string(record.fields.size()) + " fields, and there are " + std::to_string(columns_) + " columns"));
        return reader_.read(template_.make(record.fields), record.line);
    }

    core::csv_reader records_;
    core::batch_line_reader reader_;
    core::row_template template_;
    std::size_t columns_ = 0;
    std::uint64_t count_ = 0;
};

/// What tells the input of a batch from others: the SHA-256 of all its bytes, as hexadecimal digits. Reads to the end. Blocks.
inline std::string fingerprint_of(std::istream& input)
{
    core::sha256_hasher hasher;
    std::array<char, 65536> bytes;
    while (input.read(bytes.data(), bytes.size()), input.gcount() > 0)
        hasher.update(std::string_view(bytes.data(), static_cast<std::size_t>(input.gcount())));
    return core::hex(hasher.finish());
}

} // namespace replicate

#endif
