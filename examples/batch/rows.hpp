// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_BATCH_ROWS_HPP
#define REPLICATE_EXAMPLES_BATCH_ROWS_HPP

#include "settings.hpp"

#include <replicate/batch_source.hpp>
#include <replicate/batch_summary.hpp>
#include <replicate/core/batch_names.hpp>

#include <boost/json/parse.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace batch_program {

/// The rows of a file, which lives with them. Another source, such as a queue that many machines share, would stand beside this one.
class file_rows final : public replicate::batch_source {
public:
    file_rows(std::filesystem::path const& path, settings const& wanted)
        : file_(path, std::ios::binary)
    {
        if (!file_)
            throw program_end(exit_code::wrong_use, path.string() + " cannot be read");
        replicate::batch_source_options options;
        if (!wanted.model.empty())
            options.target = replicate::model_ref(wanted.model);
        options.set = wanted.set;
        options.map = wanted.map;
        options.files = !wanted.ignores_files;
        options.directory = wanted.files_from;
        std::string const format = format_of(path, wanted);
        if (format == "jsonl")
            rows_ = std::make_unique<replicate::jsonl_source>(file_, options);
        else
            rows_ = std::make_unique<replicate::csv_source>(file_, options, format == "tsv" ? '\t' : ',');
    }

    std::optional<replicate::batch_entry> next() override { return rows_->next(); }

    static std::string format_of(std::filesystem::path const& path, settings const& wanted)
    {
        if (wanted.format != "auto")
            return wanted.format;
        std::string const extension = path.extension().string();
        return extension == ".csv" ? "csv" : extension == ".tsv" ? "tsv" : "jsonl";
    }

private:
    std::ifstream file_;
    std::unique_ptr<replicate::batch_source> rows_;
};

/// Opens the rows of an input; options that cannot be end the program.
inline std::shared_ptr<replicate::batch_source> open_rows(std::filesystem::path const& path, settings const& wanted)
{
    try {
        return std::make_shared<file_rows>(path, wanted);
    } catch (replicate::error const& refused) {
        throw program_end(exit_code::wrong_use, path.string() + ": " + refused.diagnostics().detail);
    }
}

/// What is known of an input before anything is created.
class row_survey {
public:
    std::uint64_t rows = 0;
    std::vector<std::string> faults;
    std::uint64_t all_faults = 0;

    row_survey() = default;

    void add_fault(std::string text)
    {
        constexpr std::size_t most = 20;
        ++all_faults;
        if (faults.size() < most)
            faults.push_back(std::move(text));
    }
};

/// Calls a function with each row of this program's part, and notes what is none: lines that cannot be read, names that were there before.
template<class Visit>
row_survey survey(std::filesystem::path const& path, settings const& wanted, Visit const& visit)
{
    row_survey found;
    auto const source = open_rows(path, wanted);
    replicate::core::batch_shard const part(wanted.shard, wanted.shards);
    std::unordered_set<std::string> names;
    while (auto entry = source->next()) {
        if (entry->row && !part.has(entry->row->custom_id))
            continue;
        ++found.rows;
        if (!entry->row)
            found.add_fault(entry->fault.text());
        else if (!names.insert(entry->row->custom_id).second)
            found.add_fault("line " + std::to_string(entry->row->line) + ": an earlier row has the custom_id " + entry->row->custom_id);
        else
            visit(*entry->row, found);
    }
    return found;
}

/// Notes files of a row that are not there.
inline void check_files(replicate::batch_row const& row, row_survey& found)
{
    for (replicate::placed_file const& each : row.values.files()) {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(each.source.path(), ignored))
            found.add_fault("line " + std::to_string(row.line) + ": " + each.place + ": there is no file " + each.source.path().string());
    }
}

/// How many rows there are, for who wants to know how long it takes: exactly where the lines have to be read, else their number.
inline std::uint64_t count_rows(std::filesystem::path const& path, settings const& wanted)
{
    std::uint64_t count = 0;
    if (wanted.shards > 1 || file_rows::format_of(path, wanted) != "jsonl") {
        replicate::core::batch_shard const part(wanted.shard, wanted.shards);
        auto const source = open_rows(path, wanted);
        while (auto const entry = source->next())
            count += !entry->row || part.has(entry->row->custom_id) ? 1 : 0;
        return count;
    }
    std::ifstream file(path, std::ios::binary);
    bool is_empty = true;
    std::vector<char> bytes(1 << 16);
    while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), file.gcount() > 0)
        for (char const* each = bytes.data(); each != bytes.data() + file.gcount(); ++each) {
            count += *each == '\n' && !is_empty ? 1 : 0;
            is_empty = *each == '\n' || (is_empty && (*each == ' ' || *each == '\t' || *each == '\r'));
        }
    return count + (is_empty ? 0 : 1);
}

/// What tells this input from others: its bytes, and what is made of them.
inline std::string fingerprint(std::filesystem::path const& path, settings const& wanted)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw program_end(exit_code::wrong_use, path.string() + " cannot be read");
    std::string text = replicate::fingerprint_of(file) + '\n' + wanted.model + '\n';
    for (auto const* list : {&wanted.set, &wanted.map})
        for (std::string const& each : *list)
            text += each + '\n';
    return replicate::core::hex(replicate::core::sha256(text));
}

inline replicate::price_table read_prices(std::string const& path)
{
    if (path.empty())
        return {};
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw program_end(exit_code::wrong_use, path + " cannot be read");
    std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    boost::system::error_code code;
    boost::json::value const document = boost::json::parse(text, code);
    if (code)
        throw program_end(exit_code::wrong_use, path + " is not JSON: " + code.message());
    try {
        return replicate::price_table::from_json(document);
    } catch (replicate::error const& refused) {
        throw program_end(exit_code::wrong_use, path + ": " + refused.diagnostics().detail);
    }
}

} // namespace batch_program

#endif
