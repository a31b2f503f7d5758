// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_LOG_PROGRESS_HPP
#define REPLICATE_CORE_LOG_PROGRESS_HPP

#include <replicate/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace replicate::core {

/// How far a model says it has come: the bar that tqdm draws in its logs. It is what the model prints, no promise: the bar may
/// be full while the output is still being uploaded, and start again for a second round.
class log_progress {
public:
    /// The share that is done, 0 to 1, in steps of a hundredth.
    double fraction = 0;
    /// How many steps are done, and how many there are.
    std::uint64_t current = 0, total = 0;

    /// Not begun.
    log_progress() = default;

    /// Whether both say the same.
    friend bool operator==(log_progress const&, log_progress const&) = default;
};

} // namespace replicate::core

namespace replicate::detail {

/// Takes a line of a bar apart from its front.
class bar_reader {
public:
    explicit bar_reader(std::string_view line) noexcept
        : rest_(line)
    {
    }

    std::string_view rest() const noexcept { return rest_; }

    void skip_blanks() noexcept
    {
        constexpr std::string_view blanks = " \t\v\f";
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
    }

    bool skip(char letter) noexcept
    {
        if (rest_.empty() || rest_.front() != letter)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// A number; false where there is none, or one that no integer holds.
    bool number(std::uint64_t& value) noexcept
    {
        auto const [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (code != std::errc())
            return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }

private:
    std::string_view rest_;
};

/// The bar in one line: ` 76%|####   | 7568/10000 [00:33<00:10, 229.00it/s]`.
inline std::optional<core::log_progress> progress_of_line(std::string_view line) noexcept
{
    bar_reader reader(line);
    std::uint64_t percent = 0;
    reader.skip_blanks();
    if (!reader.number(percent) || !reader.skip('%'))
        return std::nullopt;
    reader.skip_blanks();
    if (!reader.skip('|'))
        return std::nullopt;
    // The bar itself has at least one character, and may hold a '|' too: the first one that numbers follow ends it.
    std::string_view const bar = reader.rest();
    for (std::size_t end = bar.find('|', 1); end != std::string_view::npos; end = bar.find('|', end + 1)) {
        core::log_progress found;
        bar_reader counts(bar.substr(end + 1));
        counts.skip_blanks();
        if (!counts.number(found.current) || !counts.skip('/') || !counts.number(found.total))
            continue;
        found.fraction = static_cast<double>(percent) / 100;
        return found;
    }
    return std::nullopt;
}

} // namespace replicate::detail

namespace replicate::core {

/// The last bar of tqdm in some logs; nothing where there is none. A line ends at LF and at CR, with which a bar is redrawn in
/// its place.
inline std::optional<log_progress> find_progress(std::string_view logs) noexcept
{
    while (!logs.empty()) {
        std::size_t const end = logs.find_last_of("\r\n");
        std::size_t const start = end == std::string_view::npos ? 0 : end + 1;
        if (auto const found = replicate::detail::progress_of_line(logs.substr(start)))
            return found;
        logs = logs.substr(0, start == 0 ? 0 : start - 1);
    }
    return std::nullopt;
}

/// Follows the logs of one prediction over all that is seen of it (answers, webhooks, pieces of a stream), and says each
/// time what is new. Only what is new is looked at for progress; the rest is merely compared.
class log_follower {
public:
    /// Takes the whole logs as they are now; what is new in them, valid until the next call. An older state has nothing new. Where
    /// the service has changed what was seen before, what comes behind the part that stayed is new.
    std::string_view observe(std::string_view logs)
    {
        auto const [known, given] = std::mismatch(seen_.begin(), seen_.end(), logs.begin(), logs.end());
        if (given == logs.end())
            return {};
        std::size_t stayed = static_cast<std::size_t>(known - seen_.begin());
        while (stayed > 0 && replicate::detail::is_utf8_continuation(logs[stayed]))
            --stayed;
        seen_.resize(stayed);
        return append(logs.substr(stayed));
    }

    /// Takes a piece that follows what was seen; the piece itself, valid until the next call.
    std::string_view append(std::string_view piece)
    {
        std::size_t const before = seen_.size();
        seen_.append(piece);
        // The piece may end a line that had begun before.
        std::string_view const all = seen_;
        std::size_t const line = all.substr(0, before).find_last_of("\r\n");
        if (auto const found = find_progress(all.substr(line == std::string_view::npos ? 0 : line + 1)))
            progress_ = found;
        return all.substr(before);
    }

    /// All that was seen.
    std::string const& logs() const noexcept { return seen_; }

    /// The latest bar that was seen; nothing where there was none.
    std::optional<log_progress> const& progress() const noexcept { return progress_; }

private:
    std::string seen_;
    std::optional<log_progress> progress_;
};

} // namespace replicate::core

#endif
