// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_BATCH_CHARTS_HPP
#define REPLICATE_EXAMPLES_BATCH_CHARTS_HPP

#include "words.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace batch_program {

/// A text as HTML has it, whatever stands in it.
inline std::string escaped(std::string_view text)
{
    std::string made;
    for (char letter : text)
        switch (letter) {
        case '&': made += "&amp;"; break;
        case '<': made += "&lt;"; break;
        case '>': made += "&gt;"; break;
        case '"': made += "&quot;"; break;
        case '\'': made += "&#39;"; break;
        default: made += static_cast<unsigned char>(letter) < ' ' && letter != '\n' && letter != '\t' ? ' ' : letter;
        }
    return made;
}

/// A number of a chart, short: `12`, `3.5`, `1.2k`.
inline std::string short_number(double number)
{
    if (number >= 1e6)
        return fixed(number / 1e6, number < 1e7 ? 1 : 0) + "M";
    if (number >= 1e4)
        return fixed(number / 1e3, 0) + "k";
    bool const is_whole = std::abs(number - std::round(number)) < 1e-9;
    return is_whole ? in_thousands(static_cast<std::uint64_t>(std::llround(number))) : fixed(number, number < 1 ? 2 : 1);
}

/// The distance of the lines of a scale up to `top`: 1, 2 or 5 times a power of ten.
inline double nice_step(double top, int lines)
{
    double const rough = std::max(top, 1e-9) / lines;
    double const power = std::pow(10, std::floor(std::log10(rough)));
    for (double const factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power)
            return factor * power;
    return 10 * power;
}

/// A drawing with two axes, as SVG. Its size is in its own units; the page scales it.
class chart {
public:
    chart(double right, double top)
        : right_(std::max(right, 1e-9))
        , top_(std::max(top, 1e-9))
    {
    }

    double x(double value) const { return left + (width - left - 12) * std::clamp(value / right_, 0.0, 1.0); }
    double y(double value) const { return bottom - (bottom - 14) * std::clamp(value / top_, 0.0, 1.0); }

    void scale_up(int lines)
    {
        double const step = nice_step(top_, lines);
        for (double value = 0; value <= top_ * 1.0001; value += step) {
            body_ += "<line class='grid' x1='" + fixed(left, 0) + "' x2='" + fixed(width - 12, 0) + at_y(value) + "/>";
            body_ += "<text class='tick' text-anchor='end' x='" + fixed(left - 8, 0) + "' y='" + fixed(y(value) + 4, 1) + "'>"
                + short_number(value) + "</text>";
        }
    }

    void tick(double value, std::string const& text)
    {
        bool const is_last = x(value) > width - 30;
        body_ += std::string("<text class='tick' text-anchor='") + (is_last ? "end" : "middle") + "' x='"
            + fixed(is_last ? width - 4 : x(value), 1) + "' y='" + fixed(bottom + 18, 0) + "'>"
            + escaped(text) + "</text>";
    }

    /// Seconds, from the left edge on.
    void scale_time()
    {
        static constexpr double steps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400};
        double step = right_ / 2;
        for (double const each : steps)
            if (each >= right_ / 8) {
                step = each;
                break;
            }
        for (double value = 0; value <= right_ * 1.0001; value += step)
            tick(value, value == 0 ? "0" : step < 1 ? fixed(value, 1) + " s" : value < 60 ? fixed(value, 0) + " s" : time_text(value));
    }

    void polyline(std::vector<std::pair<double, double>> const& points, char const* kind)
    {
        std::string path;
        for (auto const& [at, value] : points)
            path += (path.empty() ? "M" : "L") + fixed(x(at), 1) + " " + fixed(y(value), 1);
        body_ += "<path class='line " + std::string(kind) + "' d='" + path + "'/>";
    }

    void area(std::vector<std::pair<double, double>> const& points, char const* kind)
    {
        if (points.empty())
            return;
        std::string path = "M" + fixed(x(points.front().first), 1) + " " + fixed(bottom, 0);
        for (auto const& [at, value] : points)
            path += "L" + fixed(x(at), 1) + " " + fixed(y(value), 1);
        body_ += "<path class='area " + std::string(kind) + "' d='" + path + "L" + fixed(x(points.back().first), 1) + " " + fixed(bottom, 0)
            + "Z'/>";
    }

    void bar(double from, double to, double value, char const* kind, std::string const& title)
    {
        double const gap = std::min(1.5, (x(to) - x(from)) * 0.12);
        body_ += "<rect class='bar " + std::string(kind) + "' x='" + fixed(x(from) + gap / 2, 1) + "' width='"
            + fixed(std::max(0.5, x(to) - x(from) - gap), 1) + "' y='" + fixed(y(value), 1) + "' height='" + fixed(bottom - y(value), 1)
            + "' rx='1'><title>" + escaped(title) + "</title></rect>";
    }

    /// A line across, with what it means.
    void level(double value, std::string const& text)
    {
        body_ += "<line class='level' x1='" + fixed(left, 0) + "' x2='" + fixed(width - 12, 0) + at_y(value) + "/><text class='note' text-anchor='end' x='"
            + fixed(width - 16, 0) + "' y='" + fixed(y(value) - 5, 1) + "'>" + escaped(text) + "</text>";
    }

    /// A line upright, with what it means; `row` keeps texts apart that stand close together.
    void mark(double value, std::string const& text, int row)
    {
        std::string const at = fixed(x(value), 1);
        bool const is_right = x(value) > width * 0.8;
        body_ += "<line class='mark' x1='" + at + "' x2='" + at + "' y1='14' y2='" + fixed(bottom, 0) + "'/><text class='note' text-anchor='"
            + (is_right ? "end" : "start") + "' x='" + fixed(x(value) + (is_right ? -5 : 5), 1) + "' y='" + std::to_string(24 + 15 * row) + "'>"
            + escaped(text) + "</text>";
    }

    std::string svg(std::string const& label) const
    {
        return "<svg viewBox='0 0 " + fixed(width, 0) + " " + fixed(bottom + 28, 0) + "' role='img' aria-label='" + escaped(label) + "'>" + body_
            + "<line class='axis' x1='" + fixed(left, 0) + "' x2='" + fixed(width - 12, 0) + "' y1='" + fixed(bottom, 0) + "' y2='"
            + fixed(bottom, 0) + "'/></svg>";
    }

private:
    static constexpr double left = 52, width = 720, bottom = 222;

    std::string at_y(double value) const { return "' y1='" + fixed(y(value), 1) + "' y2='" + fixed(y(value), 1) + "'"; }

    double right_, top_;
    std::string body_;
};

} // namespace batch_program

#endif
