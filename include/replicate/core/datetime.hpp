// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_DATETIME_HPP
#define REPLICATE_CORE_DATETIME_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace replicate::detail {

inline constexpr std::array<std::string_view, 7> short_day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
inline constexpr std::array<std::string_view, 7> long_day_names = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
inline constexpr std::array<std::string_view, 12> month_names = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a text apart from its front. After the first part that is not there, every further part is missing too,
/// so that a caller asks `failed()` once, at the end.
class date_reader {
public:
    explicit date_reader(std::string_view text) noexcept
        : rest_(text)
    {
    }

    bool failed() const noexcept { return failed_; }
    bool at_end() const noexcept { return rest_.empty(); }
    bool starts_with(char letter) const noexcept { return !rest_.empty() && rest_.front() == letter; }

    /// Exactly so many digits.
    int number(std::size_t digits) noexcept
    {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
                failed_ = true;
                return 0;
            }
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    /// Exactly this text.
    void literal(std::string_view expected) noexcept
    {
        if (rest_.substr(0, expected.size()) != expected) {
            failed_ = true;
            return;
        }
        rest_.remove_prefix(expected.size());
    }

    /// One of these characters; the one that it was.
    char one_of(std::string_view letters) noexcept
    {
        if (rest_.empty() || letters.find(rest_.front()) == std::string_view::npos) {
            failed_ = true;
            return '\0';
        }
        char const letter = rest_.front();
        rest_.remove_prefix(1);
        return letter;
    }

    /// One of these names; its index.
    template<std::size_t Size>
    std::size_t name(std::array<std::string_view, Size> const& names) noexcept
    {
        for (std::size_t i = 0; i < Size; ++i) {
            if (rest_.substr(0, names[i].size()) == names[i]) {
                rest_.remove_prefix(names[i].size());
                return i;
            }
        }
        failed_ = true;
        return 0;
    }

    /// One digit or more after a decimal point. Whatever is finer than a nanosecond is cut off.
    std::chrono::nanoseconds fraction() noexcept
    {
        std::int64_t value = number(1);
        int digits = 1;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
            if (digits < 9)
                value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        for (; digits < 9; ++digits)
            value *= 10;
        return std::chrono::nanoseconds(value);
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

/// A date and a time of day as they are written.
struct written_time {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::chrono::nanoseconds fraction{};
    std::chrono::minutes offset{};

    std::chrono::year_month_day date() const noexcept
    {
        return std::chrono::year_month_day{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    }

    bool in_range() const noexcept { return date().ok() && hour <= 23 && minute <= 59 && second <= 60; }

    std::chrono::sys_seconds whole_seconds() const noexcept
    {
        using namespace std::chrono;
        return sys_seconds(sys_days(date())) + hours(hour) + minutes(minute) + seconds(second) - offset;
    }
};

/// The point of time; nothing where there is no such date, or where the system's clock does not reach it.
inline std::optional<std::chrono::system_clock::time_point> to_time_point(written_time const& written) noexcept
{
    using namespace std::chrono;
    if (!written.in_range())
        return std::nullopt;
    sys_seconds const whole = written.whole_seconds();
    // A leap second is the last one of a day in UTC. It counts as the second after it, as POSIX time has none.
    if (written.second == 60 && whole.time_since_epoch() % days(1) != seconds(0))
        return std::nullopt;
    // One second short of the limits, so that the fraction cannot pass them.
    if (whole <= ceil<seconds>(system_clock::time_point::min())
        || whole >= floor<seconds>(system_clock::time_point::max()))
        return std::nullopt;
    return system_clock::time_point(duration_cast<system_clock::duration>(whole.time_since_epoch()))
        + duration_cast<system_clock::duration>(written.fraction);
}

inline void append_number(std::string& text, std::int64_t value, int digits)
{
    std::size_t const start = text.size();
    for (int i = 0; i < digits; ++i, value /= 10)
        text += static_cast<char>('0' + value % 10);
    std::reverse(text.begin() + static_cast<std::ptrdiff_t>(start), text.end());
}

inline void append_time_of_day(std::string& text, std::chrono::seconds since_midnight)
{
    std::chrono::hh_mm_ss<std::chrono::seconds> const time(since_midnight);
    append_number(text, time.hours().count(), 2);
    text += ':';
    append_number(text, time.minutes().count(), 2);
    text += ':';
    append_number(text, time.seconds().count(), 2);
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
inline written_time read_imf_fixdate(date_reader& reader) noexcept
{
    written_time written;
    reader.name(short_day_names);
    reader.literal(", ");
    written.day = static_cast<unsigned>(reader.number(2));
    reader.literal(" ");
    written.month = static_cast<unsigned>(reader.name(month_names)) + 1;
    reader.literal(" ");
    written.year = reader.number(4);
    reader.literal(" ");
    return written;
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`; the year is still without its century.
inline written_time read_rfc850_date(date_reader& reader) noexcept
{
    written_time written;
    reader.name(long_day_names);
    reader.literal(", ");
    written.day = static_cast<unsigned>(reader.number(2));
    reader.literal("-");
    written.month = static_cast<unsigned>(reader.name(month_names)) + 1;
    reader.literal("-");
    written.year = reader.number(2);
    reader.literal(" ");
    return written;
}

inline void read_time_of_day(date_reader& reader, written_time& written) noexcept
{
    written.hour = reader.number(2);
    reader.literal(":");
    written.minute = reader.number(2);
    reader.literal(":");
    written.second = reader.number(2);
}

/// `Sun Nov  6 08:49:37 1994`
inline written_time read_asctime_date(date_reader& reader) noexcept
{
    written_time written;
    reader.name(short_day_names);
    reader.literal(" ");
    written.month = static_cast<unsigned>(reader.name(month_names)) + 1;
    reader.literal(" ");
    bool const one_digit = reader.starts_with(' ');
    if (one_digit)
        reader.literal(" ");
    written.day = static_cast<unsigned>(reader.number(one_digit ? 1 : 2));
    reader.literal(" ");
    read_time_of_day(reader, written);
    reader.literal(" ");
    written.year = reader.number(4);
    return written;
}

// RFC 9110 section 5.6.7: a year that seems more than 50 years in the future is the most recent one in the past.
inline int full_year(int last_two_digits, std::chrono::system_clock::time_point now) noexcept
{
    using namespace std::chrono;
    int const current = static_cast<int>(year_month_day(floor<days>(now)).year());
    int const candidate = current - current % 100 + last_two_digits;
    if (candidate > current + 50)
        return candidate - 100;
    return candidate + 100 <= current + 50 ? candidate + 100 : candidate;
}

} // namespace replicate::detail

namespace replicate::core {

/// The point of time that an RFC 3339 text names, with any number of fraction digits and in any offset from UTC;
/// nothing where the text is not one, names a date that does not exist, or one beyond the reach of the system's
/// clock (with nanoseconds: the years 1678 to 2261). The second 60 is accepted where a leap second can be.
inline std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text) noexcept
{
    detail::date_reader reader(text);
    detail::written_time written;
    written.year = reader.number(4);
    reader.literal("-");
    written.month = static_cast<unsigned>(reader.number(2));
    reader.literal("-");
    written.day = static_cast<unsigned>(reader.number(2));
    reader.one_of("Tt");
    detail::read_time_of_day(reader, written);
    if (reader.starts_with('.')) {
        reader.literal(".");
        written.fraction = reader.fraction();
    }
    char const zone = reader.one_of("Zz+-");
    if (zone == '+' || zone == '-') {
        int const hours = reader.number(2);
        reader.literal(":");
        int const minutes = reader.number(2);
        if (hours > 23 || minutes > 59)
            return std::nullopt;
        written.offset = std::chrono::minutes((hours * 60 + minutes) * (zone == '-' ? -1 : 1));
    }
    if (reader.failed() || !reader.at_end())
        return std::nullopt;
    return detail::to_time_point(written);
}

/// The RFC 3339 text of a point of time in UTC, such as `2024-10-04T18:07:35.262Z`. So many fraction digits are
/// written (0 to 9); what is finer is cut off.
inline std::string format_rfc3339(std::chrono::system_clock::time_point time, int fraction_digits)
{
    using namespace std::chrono;
    auto const midnight = floor<days>(time);
    auto const whole = floor<seconds>(time);
    year_month_day const date(midnight);
    std::string text;
    detail::append_number(text, static_cast<int>(date.year()), 4);
    text += '-';
    detail::append_number(text, static_cast<unsigned>(date.month()), 2);
    text += '-';
    detail::append_number(text, static_cast<unsigned>(date.day()), 2);
    text += 'T';
    detail::append_time_of_day(text, whole - midnight);
    if (fraction_digits > 0) {
        text += '.';
        detail::append_number(text, duration_cast<nanoseconds>(time - whole).count(), 9);
        text.resize(text.size() - 9 + static_cast<std::size_t>(std::min(fraction_digits, 9)));
    }
    return text + 'Z';
}

/// What `parse_http_date` takes for the present where it is not told: the years of two digits are 1971 to 2070.
inline constexpr std::chrono::system_clock::time_point http_date_reference =
    std::chrono::sys_days(std::chrono::year(2020) / std::chrono::January / 1);

/// The point of time that an HTTP-date names, in any of its three forms (RFC 9110 section 5.6.7; case matters
/// there); nothing where the text is not one. The day of the week has to be one, but is not held against the date.
/// `now` decides about the century of a year of two digits.
inline std::optional<std::chrono::system_clock::time_point> parse_http_date(
    std::string_view text, std::chrono::system_clock::time_point now = http_date_reference) noexcept
{
    detail::date_reader reader(text);
    detail::written_time written;
    std::size_t const comma = text.find(',');
    if (comma == std::string_view::npos) {
        written = detail::read_asctime_date(reader);
    } else {
        written = comma == 3 ? detail::read_imf_fixdate(reader) : detail::read_rfc850_date(reader);
        if (comma != 3)
            written.year = detail::full_year(written.year, now);
        detail::read_time_of_day(reader, written);
        reader.literal(" GMT");
    }
    if (reader.failed() || !reader.at_end())
        return std::nullopt;
    return detail::to_time_point(written);
}

/// The HTTP-date of a point of time, in the form in which it is to be sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
/// Fractions of a second are cut off.
inline std::string format_http_date(std::chrono::system_clock::time_point time)
{
    using namespace std::chrono;
    auto const midnight = floor<days>(time);
    year_month_day const date(midnight);
    std::string text(detail::short_day_names[weekday(midnight).c_encoding()]);
    text += ", ";
    detail::append_number(text, static_cast<unsigned>(date.day()), 2);
    text += ' ';
    text += detail::month_names[static_cast<unsigned>(date.month()) - 1];
    text += ' ';
    detail::append_number(text, static_cast<int>(date.year()), 4);
    text += ' ';
    detail::append_time_of_day(text, floor<seconds>(time) - midnight);
    return text + " GMT";
}

} // namespace replicate::core

#endif
