// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LOG_READER_HPP
#define REPLICATE_LOG_READER_HPP

#include <replicate/core/log_progress.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicate {

/// How far a model says in its logs that it has come.
using log_progress = core::log_progress;

/// Gives the lines of the logs of one prediction once each, whatever they come from: answers and webhooks, which hold the whole
/// logs so far, or the pieces of a stream.
///
///     replicate::log_reader reader;
///     for (auto const& line : reader.read(prediction.logs)) std::clog << line << '\n';
///
/// A line is given when its end has come; of a bar that is redrawn in its place (with CR) only the last state. Logs that are older
/// than what was seen, or were removed, have nothing new. Where the service has changed what was seen before, what follows
/// the part that stayed is new. A value; not to be used by two threads at once.
class log_reader {
public:
    /// Nothing seen.
    log_reader() = default;

    /// Takes the whole logs so far, `prediction::logs`; the lines that are new and complete.
    std::vector<std::string> read(std::string_view logs)
    {
        std::size_t const before = follower_.logs().size();
        std::string_view const news = follower_.observe(logs);
        // What was changed may begin within a line that is not complete yet.
        std::size_t const stayed = follower_.logs().size() - news.size();
        if (stayed < before)
            given_ = begin_of_line(stayed);
        return complete_lines();
    }

    /// Takes a piece that follows what was seen, as from a stream; the lines that it completes.
    std::vector<std::string> append(std::string_view piece)
    {
        follower_.append(piece);
        return complete_lines();
    }

    /// The prediction has ended: what is left, a last line without its end; nothing where there is none.
    std::optional<std::string> finish()
    {
        std::string line = last_state(rest());
        given_ = follower_.logs().size();
        return line.empty() ? std::nullopt : std::optional(std::move(line));
    }

    /// The bar of tqdm that was seen last; nothing where there was none. It moves also while its line is not complete.
    std::optional<log_progress> const& progress() const noexcept { return follower_.progress(); }

    /// All that was seen.
    std::string const& logs() const noexcept { return follower_.logs(); }

private:
    std::string_view rest() const noexcept { return std::string_view(follower_.logs()).substr(given_); }

    std::size_t begin_of_line(std::size_t place) const noexcept
    {
        std::size_t const end = std::string_view(follower_.logs()).substr(0, place).rfind('\n');
        return end == std::string_view::npos ? 0 : end + 1;
    }

    std::vector<std::string> complete_lines()
    {
        std::vector<std::string> lines;
        for (std::size_t end = rest().find('\n'); end != std::string_view::npos; end = rest().find('\n')) {
            lines.push_back(last_state(rest().substr(0, end)));
            given_ += end + 1;
        }
        return lines;
    }

    /// What stays on the screen of a line that was redrawn.
    static std::string last_state(std::string_view line)
    {
        while (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        std::size_t const redrawn = line.rfind('\r');
        return std::string(redrawn == std::string_view::npos ? line : line.substr(redrawn + 1));
    }

    core::log_follower follower_;
    std::size_t given_ = 0;
};

} // namespace replicate

#endif
