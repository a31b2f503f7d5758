// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_UPLOAD_STORE_HPP
#define REPLICATE_IMPL_TESTING_UPLOAD_STORE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// An uploaded file. It keeps the whole body of its request, so that the content need not be copied.
class stored_file {
public:
    using time_point = std::chrono::system_clock::time_point;

    /// How many came before it; set by the store.
    std::size_t number = 0;
    std::string id;
    std::string name;
    std::string content_type;
    /// JSON.
    std::string metadata = "{}";
    std::string sha256;
    std::string md5;
    time_point created;
    time_point expires;
    std::string body;
    /// Where in the body the content is.
    std::size_t begin = 0;
    std::size_t size = 0;

    stored_file() = default;

    std::string_view content() const noexcept { return std::string_view(body).substr(begin, size); }
};

/// The uploaded files, in the order in which they came. Safe from any thread.
class upload_store {
public:
    using file_pointer = std::shared_ptr<stored_file const>;

    void add(stored_file file)
    {
        auto added = std::make_shared<stored_file>(std::move(file));
        std::lock_guard const lock(mutex_);
        added->number = count_++;
        files_.push_back(std::move(added));
    }

    /// Null where there is none, or none any more.
    file_pointer find(std::string_view id, stored_file::time_point now) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = std::find_if(
            files_.begin(), files_.end(), [&](file_pointer const& file) { return file->id == id && now < file->expires; });
        return found == files_.end() ? nullptr : *found;
    }

    /// False where there was none.
    bool erase(std::string_view id)
    {
        std::lock_guard const lock(mutex_);
        return std::erase_if(files_, [&](file_pointer const& file) { return file->id == id; }) > 0;
    }

    /// Those that have not expired, oldest first.
    std::vector<file_pointer> all(stored_file::time_point now) const
    {
        std::lock_guard const lock(mutex_);
        std::vector<file_pointer> found;
        std::copy_if(files_.begin(), files_.end(), std::back_inserter(found),
            [&](file_pointer const& file) { return now < file->expires; });
        return found;
    }

private:
    mutable std::mutex mutex_;
    std::vector<file_pointer> files_;
    std::size_t count_ = 0;
};

} // namespace replicate::testing::detail

#endif
