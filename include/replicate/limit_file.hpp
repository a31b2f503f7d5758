// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LIMIT_FILE_HPP
#define REPLICATE_LIMIT_FILE_HPP

#include <replicate/create_gate.hpp>
#include <replicate/detail/config.hpp>

#include <chrono>
#include <filesystem>
#include <memory>

namespace replicate {

namespace detail {
class limit_file_state;
} // namespace detail

/// A rate that the processes of one machine hold together: for `config::gate`, where there is no Redis. All that name the same file with the
/// same options never create more together than its limit, and after a 429 that one of them was given all wait. The file is small,
/// on a disk of this machine (locks of network file systems differ), and may be deleted when nobody uses it. It holds times, nothing else.
///
/// Where the file cannot be read or written any more nothing is created until it can.
class limit_file final : public create_gate {
public:
    /// Opens the file, or makes it; its directory must exist. Throws `error`: `errc::invalid_argument` for options that cannot be,
    /// `errc::file_not_writable` with the path.
    explicit limit_file(std::filesystem::path const& path, shared_rate const& options = shared_rate());
    ~limit_file() override;

    /// As `create_gate` says.
    void ask(answer_function answer) override;
    /// As `create_gate` says.
    void on_throttled(std::chrono::steady_clock::duration wish) override;

private:
    std::unique_ptr<detail::limit_file_state> state_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/limit_file.ipp>
#endif

#endif
