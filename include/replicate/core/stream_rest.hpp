// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_STREAM_REST_HPP
#define REPLICATE_CORE_STREAM_REST_HPP

#include <replicate/prediction.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// What is left of a stream when its prediction has ended.
class stream_rest {
public:
    /// The end of the logs, where it did not come.
    std::string logs;
    /// Pieces of output that did not come.
    std::vector<std::string> output;
    /// Why it failed, where the stream did not say so; otherwise empty.
    std::string error;
    /// The data and the id of the last event.
    std::string done, done_id;
    /// True where the output is another one than what came.
    bool differs = false;
    /// True where the prediction does not tell its output (any more).
    bool is_unknown = false;

    /// Nothing.
    stream_rest() = default;
};

/// What came of the logs, piece by piece, to find what did not. A stream of lines cannot tell how they end, which is `\r` for the
/// bars of tqdm; so line ends are not compared.
class received_logs {
public:
    /// Nothing came.
    received_logs() = default;

    /// A piece has come.
    void add(std::string_view piece)
    {
        for (char const letter : piece) {
            bool const goes_on = std::exchange(last_, letter) == '\r' && letter == '\n';
            if (!is_line_end(letter)) {
                text_ += letter;
                trailing_ends_ = 0;
            } else if (!goes_on) {
                ++trailing_ends_;
            }
        }
    }

    /// True when the whole begins with what came.
    bool is_beginning_of(std::string_view whole) const
    {
        std::size_t matched = 0;
        for (std::size_t i = 0; i < whole.size() && matched < text_.size(); ++i) {
            if (is_line_end(whole[i]))
                continue;
            if (whole[i] != text_[matched])
                return false;
            ++matched;
        }
        return matched == text_.size();
    }

    /// What is behind it in the whole logs; nothing where these do not begin with what came, or go no further.
    std::string missing_of(std::string_view whole) const
    {
        std::size_t matched = 0;
        for (; matched < text_.size() && !whole.empty(); whole.remove_prefix(1)) {
            if (is_line_end(whole.front()))
                continue;
            if (whole.front() != text_[matched])
                return {};
            ++matched;
        }
        for (std::size_t i = 0; i < trailing_ends_ && !whole.empty() && is_line_end(whole.front()); ++i)
            whole.remove_prefix(whole.starts_with("\r\n") ? 2 : 1);
        bool const is_more = matched == text_.size() && whole.find_first_not_of("\r\n") != std::string_view::npos;
        return std::string(is_more ? whole : std::string_view());
    }

private:
    static bool is_line_end(char letter) noexcept { return letter == '\n' || letter == '\r'; }

    // Without the line ends.
    std::string text_;
    std::size_t trailing_ends_ = 0;
    char last_ = 0;
};

/// What came of an output, piece by piece, to be compared with the whole.
class received_output {
public:
    /// `makes_files`: the pieces are files. Such a stream may bring the bytes where the record has a link, so that only their
    /// number can be compared.
    explicit received_output(bool makes_files)
        : makes_files_(makes_files)
    {
    }

    /// A piece has come.
    void add(std::string_view piece)
    {
        ++pieces_;
        if (!makes_files_)
            text_ += piece;
    }

    /// What is missing of the output of a prediction that has ended.
    stream_rest compare(prediction const& ended) const
    {
        auto const pieces = pieces_of(ended.output());
        stream_rest rest;
        rest.is_unknown = !pieces;
        if (!pieces)
            return rest;
        if (makes_files_)
            compare_files(*pieces, rest);
        else
            compare_text(*pieces, rest);
        // Of one that did not succeed, the record may well hold less.
        rest.differs = rest.differs && ended.status == prediction_status::succeeded;
        return rest;
    }

private:
    /// An output as a stream brings it: piece by piece; nothing where there is none, or none that streams.
    static std::optional<std::vector<std::string>> pieces_of(json::value const& output)
    {
        std::vector<std::string> pieces;
        if (output.is_string()) {
            pieces.push_back(text_of(output));
        } else if (output.is_array()) {
            for (json::value const& element : output.get_array()) {
                if (!element.is_string())
                    return std::nullopt;
                pieces.push_back(text_of(element));
            }
        } else {
            return std::nullopt;
        }
        return pieces;
    }

    static std::string text_of(json::value const& piece)
    {
        return std::string(piece.get_string().data(), piece.get_string().size());
    }

    void compare_files(std::vector<std::string> const& pieces, stream_rest& rest) const
    {
        rest.differs = pieces_ > pieces.size();
        for (std::size_t i = pieces_; i < pieces.size(); ++i)
            rest.output.push_back(pieces[i]);
    }

    /// A stream of lines cannot carry a carriage return: it comes as a line end, or not at all. So what has one is compared
    /// without its line ends.
    void compare_lines(std::string const& whole, stream_rest& rest) const
    {
        received_logs came;
        came.add(text_);
        rest.differs = !came.is_beginning_of(whole);
        std::string missing = came.missing_of(whole);
        if (!missing.empty())
            rest.output.push_back(std::move(missing));
    }

    void compare_text(std::vector<std::string> const& pieces, stream_rest& rest) const
    {
        std::string whole;
        for (std::string const& piece : pieces)
            whole += piece;
        if (whole.find('\r') != std::string::npos)
            return compare_lines(whole, rest);
        std::string_view left = text_;
        for (std::string const& piece : pieces) {
            std::size_t const common = std::min(left.size(), piece.size());
            if (left.substr(0, common) != std::string_view(piece).substr(0, common)) {
                rest.differs = true;
                rest.output.clear();
                return;
            }
            left.remove_prefix(common);
            if (common < piece.size())
                rest.output.push_back(piece.substr(common));
        }
        rest.differs = !left.empty();
    }

    bool makes_files_;
    std::size_t pieces_ = 0;
    std::string text_;
};

} // namespace replicate::core

#endif
