// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_STREAM_BOARD_HPP
#define REPLICATE_IMPL_TESTING_STREAM_BOARD_HPP

#include <replicate/impl/testing/option_queue.hpp>
#include <replicate/impl/testing/random_text.hpp>
#include <replicate/testing/script.hpp>
#include <replicate/testing/stream_options.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace replicate::testing::detail {

/// Where the streams of predictions are, and how the next ones shall be sent. Safe from any thread.
class stream_board {
public:
    /// A path for the stream of a prediction; empty where it has none. Whoever knows the path may read the stream.
    std::string publish(std::string const& id, script::stream_kind kind, random_source& random)
    {
        if (kind == script::stream_kind::none)
            return {};
        std::string path = kind == script::stream_kind::files ? "/v1/files/" + random.base32(4) + '-' : "/v1/streams/";
        path += random.base32(52);
        std::lock_guard const lock(mutex_);
        predictions_[path] = id;
        return path;
    }

    /// The prediction whose stream is there; empty for none.
    std::string find(std::string const& path) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = predictions_.find(path);
        return found == predictions_.end() ? std::string() : found->second;
    }

    option_queue<stream_options> options;

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::string> predictions_;
};

} // namespace replicate::testing::detail

#endif
