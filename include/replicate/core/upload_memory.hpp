// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_UPLOAD_MEMORY_HPP
#define REPLICATE_CORE_UPLOAD_MEMORY_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// The least size, in bytes, that the service refuses to take. It says 100 MB and does not say which kind.
inline constexpr std::uint64_t too_large_upload = 100'000'000;

/// A file that the service has.
class known_upload {
public:
    /// Its id.
    std::string id;
    /// The URL to put into an input.
    std::string url;

    /// None.
    known_upload() = default;
};

/// How long an upload lives, by the service's own clock: from `created_at` to `expires_at`. Where it tells no beginning, it is
/// from `now`; where it tells no end, the hour that it documents.
inline std::chrono::steady_clock::duration upload_lifetime(std::optional<std::chrono::system_clock::time_point> created_at,
    std::optional<std::chrono::system_clock::time_point> expires_at, std::chrono::system_clock::time_point now)
{
    if (!expires_at)
        return std::chrono::hours(1);
    auto const length = *expires_at - created_at.value_or(now);
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(length);
}

/// What one who needs a file at the service is to do.
enum class upload_step {
    /// Use the one that is there.
    use,
    /// Upload it, and say how that went.
    upload,
    /// Wait: another uploads the same bytes. Then ask again.
    wait
};

/// Knows which bytes the service has already, so that they go there once, and which are under way.
class upload_memory {
public:
    /// Points of time.
    using time_point = std::chrono::steady_clock::time_point;

    /// Nothing known. An upload is not used again so long before it expires.
    explicit upload_memory(std::chrono::steady_clock::duration margin)
        : margin_(margin)
    {
    }

    /// What to do about the bytes of a key (hash and media type). `upload` makes the asker the one who uploads them: it must
    /// tell `finish` or `fail`.
    upload_step ask(std::string const& key, time_point now)
    {
        auto const [known, is_new] = uploads_.try_emplace(key);
        if (!is_new && known->second.under_way)
            return upload_step::wait;
        if (!is_new && now < known->second.until)
            return upload_step::use;
        known->second.under_way = true;
        return upload_step::upload;
    }

    /// The upload of a key that is to be used.
    known_upload const& find(std::string const& key) const { return uploads_.at(key).file; }

    /// The upload has succeeded; the file lives so long from `begun`, the time at which the upload began.
    void finish(std::string const& key, known_upload file, time_point begun, std::chrono::steady_clock::duration lifetime)
    {
        upload& known = uploads_[key];
        known.under_way = false;
        known.file = std::move(file);
        known.until = begun + lifetime - margin_;
        if (uploads_.size() > most_uploads)
            forget_expired(begun);
    }

    /// The upload has failed: whoever asks next uploads. Others than the one who failed are not failed by it.
    void fail(std::string const& key) { uploads_.erase(key); }

    /// The service has that file no more.
    void forget(std::string const& key, std::string_view id)
    {
        auto const known = uploads_.find(key);
        if (known != uploads_.end() && !known->second.under_way && known->second.file.id == id)
            uploads_.erase(known);
    }

    /// How many it knows.
    std::size_t size() const noexcept { return uploads_.size(); }

private:
    static constexpr std::size_t most_uploads = 10'000;

    struct upload {
        known_upload file;
        time_point until{};
        bool under_way = false;
    };

    /// Those that are of no more use; and were there too many of use, all that can be done again.
    void forget_expired(time_point now)
    {
        std::erase_if(uploads_, [now](auto const& one) { return !one.second.under_way && one.second.until <= now; });
        if (uploads_.size() > most_uploads)
            std::erase_if(uploads_, [](auto const& one) { return !one.second.under_way; });
    }

    std::chrono::steady_clock::duration margin_;
    std::map<std::string, upload> uploads_;
};

} // namespace replicate::core

#endif
