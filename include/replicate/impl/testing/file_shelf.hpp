// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_FILE_SHELF_HPP
#define REPLICATE_IMPL_TESTING_FILE_SHELF_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/model_registry.hpp>
#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/output_file.hpp>
#include <replicate/testing/recorded_request.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace replicate::testing::detail {

/// Part of a file: `begin` to before `end`.
class byte_range {
public:
    std::size_t begin = 0;
    std::size_t end = 0;

    byte_range(std::size_t first, std::size_t past_last)
        : begin(first)
        , end(past_last)
    {
    }
};

/// The one range that a Range header asks for (RFC 9110 section 14.1.2); empty where there is none, several, or one
/// in another unit: then the whole file is due. A range that begins past the end has `begin >= size`.
inline std::optional<byte_range> parse_range(std::string_view header, std::size_t size)
{
    if (!header.starts_with("bytes=") || header.find(',') != std::string_view::npos)
        return std::nullopt;
    header.remove_prefix(6);
    std::size_t const dash = header.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    std::string_view const from = header.substr(0, dash);
    std::string_view const to = header.substr(dash + 1);
    std::size_t first = 0;
    std::size_t last = size == 0 ? 0 : size - 1;
    if (!from.empty() && std::from_chars(from.data(), from.data() + from.size(), first).ec != std::errc())
        return std::nullopt;
    if (!to.empty() && std::from_chars(to.data(), to.data() + to.size(), last).ec != std::errc())
        return std::nullopt;
    if (from.empty() && to.empty())
        return std::nullopt;
    if (from.empty())
        return byte_range(size - std::min(size, last), size);
    return byte_range(first, std::min(size, std::max(last, first) + 1));
}

/// The output files that the delivery origin serves. Safe from any thread.
class file_shelf {
public:
    void add(std::string path, std::shared_ptr<output_file const> file, std::chrono::system_clock::time_point made)
    {
        auto entry = std::make_shared<shelved const>(std::move(file), made);
        std::lock_guard const lock(mutex_);
        files_[std::move(path)] = std::move(entry);
    }

    void remove(std::string const& path)
    {
        std::lock_guard const lock(mutex_);
        files_.erase(path);
    }

    /// Null where there is none.
    std::shared_ptr<output_file const> find(std::string const& path) const
    {
        auto const entry = find_entry(path);
        return entry ? entry->file : nullptr;
    }

    /// GET or HEAD of a file, with ranges.
    reply answer(recorded_request const& request) const
    {
        auto const entry = find_entry(std::string(request.path()));
        if (!entry)
            return missing();
        reply made;
        made.content_type = entry->file->content_type;
        made.header("cache-control", "public,max-age=3600");
        made.header("accept-ranges", "bytes");
        made.header("etag", entry->etag);
        made.header("last-modified", core::format_http_date(entry->made));
        made.header("access-control-allow-origin", "*");
        fill(made, request, *entry);
        return made;
    }

private:
    class shelved {
    public:
        std::shared_ptr<output_file const> file;
        std::chrono::system_clock::time_point made;
        std::string etag;

        shelved(std::shared_ptr<output_file const> content, std::chrono::system_clock::time_point time)
            : file(std::move(content))
            , made(time)
            , etag('"' + digest_text(file->bytes).substr(0, 32) + '"')
        {
        }
    };

    std::shared_ptr<shelved const> find_entry(std::string const& path) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = files_.find(path);
        return found == files_.end() ? nullptr : found->second;
    }

    static reply missing()
    {
        reply made(404, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code></Error>");
        made.content_type = "application/xml; charset=UTF-8";
        return made;
    }

    static void fill(reply& made, recorded_request const& request, shelved const& entry)
    {
        std::string const& bytes = entry.file->bytes;
        auto range = parse_range(request.header("range"), bytes.size());
        std::string_view const unless_changed = request.header("if-range");
        if (!unless_changed.empty() && unless_changed != entry.etag)
            range.reset();
        if (!range) {
            made.body = bytes;
            return;
        }
        std::string const size = std::to_string(bytes.size());
        if (range->begin >= bytes.size()) {
            made.status = 416;
            made.header("content-range", "bytes */" + size);
            return;
        }
        made.status = 206;
        made.header("content-range",
            "bytes " + std::to_string(range->begin) + '-' + std::to_string(range->end - 1) + '/' + size);
        made.body = bytes.substr(range->begin, range->end - range->begin);
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<shelved const>> files_;
};

} // namespace replicate::testing::detail

#endif
