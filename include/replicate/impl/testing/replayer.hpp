// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_REPLAYER_HPP
#define REPLICATE_IMPL_TESTING_REPLAYER_HPP

#include <replicate/impl/testing/wire.hpp>

#include <boost/json/array.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace replicate::testing::detail {

/// Recorded answers, each given once, in order, to a request of the same method and path. Safe from any thread.
class replayer {
public:
    /// `base_url` is put in the place of the recorded API's, `base_path` is its path.
    void load(json::array const& exchanges, std::string const& base_url, std::string_view base_path)
    {
        std::lock_guard const lock(mutex_);
        active_ = true;
        answers_.clear();
        left_ = 0;
        for (json::value const& exchange : exchanges) {
            json::object const& request = exchange.at("request").as_object();
            std::string_view uri = view(json::string_view(request.at("uri").as_string()));
            answers_[key(view(json::string_view(request.at("method").as_string())), recorded_path(uri, base_path))]
                .push_back(answer_of(exchange.at("response").as_object(), base_url));
            ++left_;
        }
    }

    /// True once exchanges were given.
    bool active() const
    {
        std::lock_guard const lock(mutex_);
        return active_;
    }

    std::size_t left() const
    {
        std::lock_guard const lock(mutex_);
        return left_;
    }

    std::optional<reply> take(std::string_view method, std::string_view path)
    {
        std::lock_guard const lock(mutex_);
        auto const found = answers_.find(key(method, path));
        if (found == answers_.end() || found->second.empty())
            return std::nullopt;
        reply answer = std::move(found->second.front());
        found->second.pop_front();
        --left_;
        return answer;
    }

private:
    static constexpr std::string_view recorded_origin = "https://api.replicate.com/v1";

    static std::string key(std::string_view method, std::string_view path)
    {
        return std::string(method) + ' ' + std::string(path);
    }

    static std::string recorded_path(std::string_view uri, std::string_view base_path)
    {
        uri = uri.substr(0, uri.find('?'));
        if (uri.starts_with(recorded_origin))
            return std::string(base_path) + std::string(uri.substr(recorded_origin.size()));
        std::size_t const host = uri.find("://");
        std::size_t const slash = host == std::string_view::npos ? 0 : uri.find('/', host + 3);
        return slash == std::string_view::npos ? "/" : std::string(uri.substr(slash));
    }

    // What belongs to the recorded connection, or is decoded in the recording.
    static bool is_dropped(std::string_view name) noexcept
    {
        constexpr std::string_view dropped[] = {"connection", "content-encoding", "content-length", "content-type",
            "date", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"};
        for (std::string_view each : dropped)
            if (name == each)
                return true;
        return false;
    }

    static reply answer_of(json::object const& response, std::string const& base_url)
    {
        reply answer;
        answer.status = response.at("status").to_number<unsigned>();
        answer.body = view(json::string_view(response.at("body").as_string()));
        for (std::size_t at = 0; (at = answer.body.find(recorded_origin, at)) != std::string::npos;
            at += base_url.size())
            answer.body.replace(at, recorded_origin.size(), base_url);
        for (json::key_value_pair const& header : response.at("headers").as_object()) {
            std::string name(view(header.key()));
            for (char& letter : name)
                letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
            std::string value(view(json::string_view(header.value().as_string())));
            if (name == "content-type")
                answer.content_type = value;
            if (!is_dropped(name))
                answer.header(std::move(name), std::move(value));
        }
        return answer;
    }

    mutable std::mutex mutex_;
    bool active_ = false;
    std::size_t left_ = 0;
    std::unordered_map<std::string, std::deque<reply>> answers_;
};

} // namespace replicate::testing::detail

#endif
