// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_JOURNAL_HPP
#define REPLICATE_JOURNAL_HPP

#include <replicate/batch_journal.hpp>
#include <replicate/core/batch_names.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/journal_error.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace replicate {

namespace detail {
class journal_writer;
} // namespace detail

/// What a journal must be of. A plain value.
class journal_options {
public:
    /// What tells the input of the batch from others, such as `fingerprint_of` gives. A new journal keeps it; another one is refused.
    /// Default: empty, and nothing is compared.
    std::string input;
    /// What tells the token from others, `token_fingerprint`; never the token. As `input`.
    std::string token;
    /// Whether it is only read, also while another process uses it: nothing is made, and what is recorded is refused with
    /// `journal_errc::not_writable`. Default: no.
    bool only_reads = false;

    /// The defaults.
    journal_options() = default;
};

/// What of a token may be kept to tell it from others: 16 hexadecimal digits of its SHA-256.
inline std::string token_fingerprint(std::string_view token)
{
    return core::token_fingerprint(token);
}

/// The journal of a batch in a file of SQLite: `<replicate/journal.hpp>`, which needs SQLite 3.24 or later (the CMake target
/// `replicate::journal`). Each record is on the disk before it completes; those that wait at the same time are written together, on a
/// thread of the journal's own. What it holds of inputs is their hash; of the token, a fingerprint.
///
/// Beside the file stand others of the same name with `-wal`, `-shm` and `.lock` behind it; the first two belong to it. No other process
/// can use the journal meanwhile, but any may read the file.
///
/// It must live until all that was asked of it has completed, and must end before the execution contexts of those who asked.
class journal final : public batch_journal {
public:
    /// Opens the journal in this file, or makes it; its directory must exist. Blocks.
    /// Throws `error`: `journal_errc::locked`, `other_version`, `other_input`, `other_token`, `not_a_journal`, `not_writable`, `full`,
    /// `unreadable`. A journal of an earlier version of this library is brought up to date.
    explicit journal(std::filesystem::path const& path, journal_options const& options = journal_options());

    /// Writes what waits, and ends the thread. Blocks.
    ~journal() override;

    /// As `batch_journal` says.
    void for_each(std::function<void(batch_record const&)> const& visit) override;
    /// As `batch_journal` says.
    void for_each_in_order(std::function<void(batch_record const&)> const& visit) override;
    /// As `batch_journal` says.
    std::optional<std::string> owner_of(std::string_view prediction) override;
    /// As `batch_journal` says.
    std::pair<std::uint64_t, std::uint64_t> ends() override;

    /// Keeps a text of one's own with the journal, under a name, in the place of the one before. Blocks. Throws `error` with
    /// `journal_errc`.
    void keep_note(std::string_view name, std::string_view text);

    /// The text that was kept under this name; empty where there is none. Blocks. Throws as `keep_note`.
    std::string note(std::string_view name);

    /// How often something was written, for those who wonder how much is written at once.
    std::uint64_t commits() const;

private:
    void record(std::vector<batch_record> what, detail::erased_handler<std::monostate> handler) override;

    std::unique_ptr<detail::journal_writer> writer_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/journal.ipp>
#endif

#endif
