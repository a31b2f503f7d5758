// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BATCH_NAMES_HPP
#define REPLICATE_CORE_BATCH_NAMES_HPP

#include <replicate/core/sha256.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace replicate::core {

/// The part of a batch that one of several processes has: the same rows each time, whatever their order, by their names alone.
class batch_shard {
public:
    /// The whole.
    batch_shard() = default;

    /// One of so many parts, from 0 on. Precondition: `index < count`.
    batch_shard(std::uint32_t index, std::uint32_t count)
        : index_(index)
        , count_(count)
    {
    }

    /// Whether a row is in it.
    bool has(std::string_view custom_id) const
    {
        if (count_ == 1)
            return true;
        std::string const hash = sha256(custom_id);
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < 8; ++i)
            number = number << 8U | static_cast<unsigned char>(hash[i]);
        return number % count_ == index_;
    }

private:
    std::uint32_t index_ = 0;
    std::uint32_t count_ = 1;
};

/// What of a token may be kept: enough to tell tokens apart, nothing to find one by.
inline std::string token_fingerprint(std::string_view token)
{
    return hex(sha256(std::string("replicate token ").append(token))).substr(0, 16);
}

/// The directory in which the files of a row are kept: its name, with what a file system gives a meaning to as `%` and two digits.
inline std::string directory_name(std::string_view custom_id)
{
    constexpr std::size_t longest = 200;
    std::string name;
    for (char letter : custom_id) {
        bool const plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')
            || letter == '-' || letter == '_' || (letter == '.' && !name.empty());
        name += plain ? std::string(1, letter) : "%" + hex(std::string_view(&letter, 1));
    }
    if (name.size() > longest)
        name = name.substr(0, longest - 33) + "-" + hex(sha256(custom_id)).substr(0, 32);
    return name;
}

} // namespace replicate::core

#endif
