// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_BATCH_PROGRESS_HPP
#define REPLICATE_EXAMPLES_BATCH_PROGRESS_HPP

#include "settings.hpp"
#include "words.hpp"

#include <replicate/batch_summary.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace batch_program {

/// What is told while a batch runs: a bar on a terminal, lines in a log, JSON for programs.
class progress {
public:
    progress(settings const& wanted, std::uint64_t total)
        : kind_(wanted.progress)
        , interval_(wanted.interval)
        , total_(total)
    {
        char const* const no_color = std::getenv("NO_COLOR");
        has_colors_ = no_color == nullptr || *no_color == '\0';
        std::string letters;
        for (char const* name : {"LC_ALL", "LC_CTYPE", "LANG"})
            if (char const* const value = std::getenv(name); letters.empty() && value != nullptr)
                letters = value;
        is_plain_ascii_ = letters.find("UTF-8") == std::string::npos && letters.find("utf8") == std::string::npos;
    }

    /// How long until the next call of `show`.
    std::chrono::milliseconds pause() const { return std::chrono::milliseconds(kind_ == progress_kind::bar ? 150 : 250); }

    /// Called now and then.
    void show(replicate::batch_summary const& now, double throttled)
    {
        learn(now);
        if (kind_ == progress_kind::none)
            return;
        if (now.pause != told_pause_)
            tell_pause(now.pause);
        if (kind_ == progress_kind::bar) {
            std::cerr << '\r' << bar(now, throttled) << "\x1b[K" << std::flush;
            has_bar_ = true;
        } else if (double const elapsed = now.elapsed.count(); elapsed >= next_line_) {
            next_line_ = elapsed + interval_;
            tell_line(now, throttled);
        }
    }

    /// A sentence of its own.
    void say(std::string const& text)
    {
        if (kind_ == progress_kind::json)
            std::cout << boost::json::serialize(boost::json::object{{"message", text}}) << std::endl;
        else
            std::cerr << (std::exchange(has_bar_, false) ? "\r\x1b[K" : "") << text << std::endl;
    }

    /// The last state of it.
    void end(replicate::batch_summary const& now, double throttled)
    {
        learn(now);
        if (kind_ == progress_kind::bar)
            std::cerr << '\r' << bar(now, throttled) << "\x1b[K" << std::endl;
        else if (kind_ == progress_kind::plain)
            tell_line(now, throttled);
        has_bar_ = false;
    }

    /// Rows that are not at their end, whether anything was done for them or not.
    std::uint64_t left(replicate::batch_summary const& now) const { return total_ - std::min(total_, ended(now)); }

    boost::json::object document(replicate::batch_summary const& now, double throttled) const
    {
        boost::json::object told{{"elapsed", now.elapsed.count()}, {"total", total_}, {"saved", now.saved}, {"failed", now.failed},
            {"unknown", now.unknown}, {"open", now.open}, {"left", left(now)}, {"created", now.created}, {"rate", rate_}, {"throttled", throttled}};
        told["eta"] = nullptr;
        if (auto const left = seconds_left(now))
            told["eta"] = *left;
        if (now.cost)
            told["cost"] = *now.cost + now.earlier_cost;
        if (!now.pause.empty())
            told["pause"] = now.pause;
        return told;
    }

private:
    static std::uint64_t ended(replicate::batch_summary const& now) { return now.saved + now.failed + now.unknown; }

    /// The rate of the last half minute, of what has ended in this run.
    void learn(replicate::batch_summary const& now)
    {
        std::uint64_t const count = now.saved + now.failed - now.found_saved - now.found_failed;
        seen_.emplace_back(now.elapsed.count(), count);
        while (seen_.size() > 2 && seen_.front().first < now.elapsed.count() - 30)
            seen_.pop_front();
        double const time = seen_.back().first - seen_.front().first;
        rate_ = time > 0 ? static_cast<double>(count - seen_.front().second) / time : 0;
    }

    std::optional<double> seconds_left(replicate::batch_summary const& now) const
    {
        if (rate_ <= 0 || now.end != replicate::batch_end::running || !now.pause.empty())
            return std::nullopt;
        return static_cast<double>(left(now)) / rate_;
    }

    void tell_pause(std::string const& pause)
    {
        told_pause_ = pause;
        if (!pause.empty())
            say(paint("33", "waiting: ") + pause);
        else
            say("going on");
    }

    void tell_line(replicate::batch_summary const& now, double throttled)
    {
        if (kind_ == progress_kind::json)
            std::cout << boost::json::serialize(document(now, throttled)) << std::endl;
        else
            std::cerr << share(now) << "% " << figures(now, throttled) << std::endl;
    }

    std::string paint(char const* color, std::string const& text) const
    {
        return has_colors_ && kind_ == progress_kind::bar ? std::string("\x1b[") + color + "m" + text + "\x1b[0m" : text;
    }

    std::uint64_t share(replicate::batch_summary const& now) const
    {
        return total_ == 0 ? 100 : std::min<std::uint64_t>(100, ended(now) * 100 / total_);
    }

    std::string figures(replicate::batch_summary const& now, double throttled) const
    {
        std::string text = in_thousands(ended(now)) + "/" + in_thousands(total_);
        text += "  " + paint("32", in_thousands(now.saved) + " saved");
        if (now.failed > 0)
            text += "  " + paint("31", in_thousands(now.failed) + " failed");
        if (now.unknown > 0)
            text += "  " + paint("33", in_thousands(now.unknown) + " unknown");
        text += "  " + in_thousands(now.open) + " open  " + fixed(rate_, 1) + "/s";
        if (auto const left = seconds_left(now))
            text += "  ETA " + time_text(*left);
        if (throttled >= 0.05)
            text += "  throttled " + time_text(throttled);
        if (now.cost)
            text += "  cost " + cost_text(*now.cost + now.earlier_cost);
        if (!now.pause.empty())
            text += "  " + paint("33", "waiting");
        return text;
    }

    /// As long as the terminal is wide.
    std::string bar(replicate::batch_summary const& now, double throttled) const
    {
        winsize size{};
        std::size_t const width = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
        std::string const text = figures(now, throttled);
        std::size_t const letters = visible(text);
        std::string const percent = std::to_string(share(now)) + "%";
        if (letters + 12 > width)
            return cut(text, width - 1);
        std::size_t const cells = std::min<std::size_t>(32, width - letters - 8);
        std::size_t const full = cells * static_cast<std::size_t>(share(now)) / 100;
        std::string line;
        for (std::size_t i = 0; i < cells; ++i)
            line += is_plain_ascii_ ? i < full ? "#" : "-" : i < full ? "\u2501" : "\u2500";
        return paint("36", line) + " " + std::string(4 - std::min<std::size_t>(4, percent.size()), ' ') + percent + " " + text;
    }

    /// Letters that are seen: no escape sequences.
    static std::size_t visible(std::string_view text)
    {
        std::size_t count = 0;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\x1b')
                i = std::min(text.find('m', i), text.size() - 1);
            else
                ++count;
        return count;
    }

    std::string cut(std::string const& text, std::size_t width) const
    {
        std::string made;
        std::size_t count = 0;
        for (std::size_t i = 0; i < text.size() && count < width; ++i)
            if (text[i] == '\x1b') {
                std::size_t const end = std::min(text.find('m', i), text.size() - 1);
                made += text.substr(i, end + 1 - i);
                i = end;
            } else {
                made += text[i];
                ++count;
            }
        return has_colors_ ? made + "\x1b[0m" : made;
    }

    progress_kind kind_;
    double interval_;
    std::uint64_t total_;
    bool has_colors_ = true, is_plain_ascii_ = false, has_bar_ = false;
    std::string told_pause_;
    double next_line_ = 0;
    double rate_ = 0;
    std::deque<std::pair<double, std::uint64_t>> seen_;
};

} // namespace batch_program

#endif
