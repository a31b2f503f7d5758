// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_FILE_SHELF_HPP
#define REPLICATE_IMPL_TESTING_FILE_SHELF_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/model_registry.hpp>
#include <replicate/impl/testing/option_queue.hpp>
#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/delivery_options.hpp>
#include <replicate/testing/output_file.hpp>
#include <replicate/testing/recorded_request.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
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

    /// GET or HEAD of a file, with ranges. `authorized`: the request has the server's token.
    reply answer(recorded_request const& request, bool authorized, std::chrono::system_clock::time_point now)
    {
        delivery_options const chosen = options.take();
        if (auto refusal = refuse(request, chosen, authorized))
            return std::move(*refusal);
        auto const entry = find_entry(std::string(request.path()));
        if (!entry)
            return missing();
        if (chosen.lifetime && now >= entry->made + *chosen.lifetime)
            return chosen.expired_status == 404 ? missing() : denied(chosen.expired_status);
        reply made;
        made.content_type = chosen.content_type.empty() ? entry->file->content_type : chosen.content_type;
        made.header("cache-control", "public,max-age=3600");
        if (chosen.ranges)
            made.header("accept-ranges", "bytes");
        std::string const etag = chosen.changing_etag ? '"' + std::to_string(++changes_) + '"' : entry->etag;
        std::string const changed = core::format_http_date(entry->made);
        if (chosen.validators) {
            made.header("etag", etag);
            made.header("last-modified", changed);
        }
        made.header("access-control-allow-origin", "*");
        std::string_view const unless_changed = request.header("if-range");
        bool const same = unless_changed.empty() || unless_changed == etag || unless_changed == changed;
        fill(made, chosen.ranges && same ? request.header("range") : std::string_view(), entry->file);
        spoil(made, chosen);
        return made;
    }

    option_queue<delivery_options> options;

private:
    class shelved {
    public:
        std::shared_ptr<output_file const> file;
        std::chrono::system_clock::time_point made;
        std::string etag;

        shelved(std::shared_ptr<output_file const> content, std::chrono::system_clock::time_point time)
            : file(std::move(content))
            , made(time)
            , etag('"' + identify(file->content()) + '"')
        {
        }
    };

    // Of a large file only both ends and the size: it is made for every prediction.
    static std::string identify(std::string_view bytes)
    {
        constexpr std::size_t end = 64 * 1024;
        if (bytes.size() <= 2 * end)
            return digest_text(bytes).substr(0, 32);
        std::string sample(bytes.substr(0, end));
        sample.append(bytes.substr(bytes.size() - end)).append(std::to_string(bytes.size()));
        return digest_text(sample).substr(0, 32);
    }

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

    static reply denied(unsigned status)
    {
        reply made(status, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code></Error>");
        made.content_type = "application/xml; charset=UTF-8";
        return made;
    }

    static std::optional<reply> refuse(recorded_request const& request, delivery_options const& chosen, bool authorized)
    {
        if (chosen.status != 0)
            return denied(chosen.status);
        if (chosen.needs_token && !authorized)
            return denied(401);
        if (chosen.fails_with_token && !request.header("authorization").empty())
            return denied(400);
        if (chosen.redirect_to.empty())
            return std::nullopt;
        reply made(chosen.redirect_status, "");
        made.header("location", chosen.redirect_to + request.target);
        return made;
    }

    static void fill(reply& made, std::string_view wanted, std::shared_ptr<output_file const> const& file)
    {
        std::size_t const size = file->content().size();
        auto const range = parse_range(wanted, size);
        if (!range) {
            made.file.emplace(file, 0, size);
            return;
        }
        if (range->begin >= size) {
            made.status = 416;
            made.header("content-range", "bytes */" + std::to_string(size));
            return;
        }
        made.status = 206;
        made.header("content-range",
            "bytes " + std::to_string(range->begin) + '-' + std::to_string(range->end - 1) + '/'
                + std::to_string(size));
        made.file.emplace(file, range->begin, range->end);
    }

    static void spoil(reply& made, delivery_options const& chosen)
    {
        if (!made.file)
            return;
        made.file->cut = chosen.cut_after_bytes;
        made.file->reset = chosen.reset;
        std::optional<std::size_t>& length = made.file->length;
        switch (chosen.length) {
        case delivery_length::right: break;
        case delivery_length::absent: length.reset(); break;
        case delivery_length::too_long: *length += 10; break;
        case delivery_length::too_short: *length -= std::min<std::size_t>(*length, 10); break;
        }
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<shelved const>> files_;
    std::atomic<std::size_t> changes_{0};
};

} // namespace replicate::testing::detail

#endif
