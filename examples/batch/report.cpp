// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "charts.hpp"
#include "settings.hpp"
#include "words.hpp"

#include <replicate/core/base64.hpp>
#include <replicate/core/batch_lines.hpp>
#include <replicate/journal.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace batch_program {

namespace {

namespace json = boost::json;
using replicate::batch_record;
using replicate::batch_state;

constexpr char const* style = R"(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1b2230;--soft:#667085;--rule:#e3e7ee;--good:#12805c;--bad:#c8372d;--wait:#b7791f;--main:#3b63d6;--fill:#3b63d622}
@media(prefers-color-scheme:dark){:root{--page:#10141c;--card:#181e29;--text:#e6eaf2;--soft:#93a0b5;--rule:#2a3342;--good:#3ecf9a;--bad:#ff7a6e;--wait:#f0b955;--main:#7ea2ff;--fill:#7ea2ff26}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:24px;margin:0 0 2px}h2{font-size:16px;margin:0 0 10px}
.sub{color:var(--soft);margin:0 0 22px;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(112px,1fr));gap:12px;margin-bottom:16px}
.tile,.card{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.tile{padding:12px 14px}.tile b{display:block;font-size:19px;line-height:1.25;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:16px;margin-bottom:16px}
@media(max-width:520px){.grid2{grid-template-columns:1fr}}
.card{padding:16px 18px;min-width:0;margin-bottom:16px}.grid2 .card{margin:0}
.legend{color:var(--soft);font-size:13px;margin:-6px 0 6px}.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px}.legend i:first-child{margin-left:0}
svg{width:100%;height:auto;display:block}
.tick,.note{font-size:12px;fill:var(--soft)}.note{fill:var(--text);paint-order:stroke;stroke:var(--card);stroke-width:4px}
line.grid{stroke:var(--rule)}.axis{stroke:var(--soft)}.level{stroke:var(--bad);stroke-dasharray:6 4;stroke-width:1.5}.mark{stroke:var(--soft);stroke-dasharray:3 3}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.good{--c:var(--good)}.bad{--c:var(--bad)}.main{--c:var(--main)}
.line.good,.line.bad,.line.main{stroke:var(--c)}.area{fill:var(--c);opacity:.14}.bar{fill:var(--c);opacity:.85}
i.good,i.bad,i.main{background:var(--c)}.text-good{color:var(--good)}.text-bad{color:var(--bad)}.text-wait{color:var(--wait)}
table{width:100%;border-collapse:collapse;font-size:14px}th{color:var(--soft);font-weight:500;text-align:left}th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--rule);vertical-align:top}
tr:last-child td{border-bottom:0}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td{overflow-wrap:anywhere}
.cause{margin:0 0 12px}.cause div{display:flex;justify-content:space-between;gap:14px}.cause p{margin:0;overflow-wrap:anywhere;max-height:4.6em;overflow:hidden}.cause small{color:var(--soft);overflow-wrap:anywhere}
.cause u{display:block;height:7px;border-radius:4px;background:var(--bad);opacity:.8;margin:3px 0}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(118px,1fr));gap:12px}figure{margin:0;min-width:0}
figure img{width:100%;aspect-ratio:1;object-fit:cover;border-radius:8px;background:var(--rule);display:block}figcaption{font-size:12px;color:var(--soft);white-space:nowrap;overflow:hidden;text-overflow:ellipsis;margin-top:3px}
a{color:inherit}footer{color:var(--soft);font-size:13px}
)";

std::int64_t milliseconds(std::chrono::system_clock::time_point time)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string date_text(std::int64_t milliseconds)
{
    std::time_t const seconds = milliseconds / 1000;
    std::tm parts{};
    char text[64];
    ::gmtime_r(&seconds, &parts);
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts));
}

double number_in(json::object const& object, char const* name)
{
    json::value const* const value = object.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

std::string text_in(json::object const& object, char const* name)
{
    json::value const* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string().c_str(), value->get_string().size()) : std::string();
}

double quantile(std::vector<double> values, double part)
{
    auto const nth = values.begin() + static_cast<std::ptrdiff_t>(std::ceil(part * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

/// What one model did.
class model_figures {
public:
    std::uint64_t saved = 0, failed = 0;
    double predict_time = 0;
    std::vector<double> durations;

    model_figures() = default;
};

/// Failures for one reason.
class cause {
public:
    std::string text;
    std::uint64_t count = 0;
    std::vector<std::string> rows;

    cause() = default;
};

class picture {
public:
    std::string row;
    std::filesystem::path path;
    std::string type;

    picture() = default;
};

/// What the page tells, gathered of a journal.
class findings {
public:
    std::uint64_t saved = 0, failed = 0, open = 0, all_unknown = 0, files = 0, retried = 0;
    double predict_time = 0, input_tokens = 0, output_tokens = 0, bytes = 0;
    std::vector<std::int64_t> created, good, bad;
    std::vector<double> durations;
    std::vector<std::string> unknown;
    std::map<std::string, model_figures> models;
    std::map<std::string, cause> causes;
    std::vector<picture> pictures;
    json::array runs;
    std::string directory;

    explicit findings(replicate::journal& from)
    {
        std::string const runs_note = from.note("runs"), input_note = from.note("input");
        if (!runs_note.empty())
            runs = json::parse(runs_note).as_array();
        if (!input_note.empty())
            directory = text_in(json::parse(input_note).as_object(), "directory");
        from.for_each_in_order([this](batch_record const& row) { add(row); });
        std::sort(created.begin(), created.end());
        std::sort(good.begin(), good.end());
        std::sort(bad.begin(), bad.end());
    }

private:
    static constexpr std::size_t most_names = 200, most_pictures = 60;

    void add(batch_record const& row)
    {
        if (row.tries > 0)
            created.push_back(milliseconds(row.intended_at));
        retried += row.tries > 1 ? 1 : 0;
        switch (row.state) {
        case batch_state::none: break;
        case batch_state::intent:
            ++all_unknown;
            if (unknown.size() < most_names)
                unknown.push_back(row.custom_id);
            break;
        case batch_state::created:
        case batch_state::terminal: ++open; break;
        case batch_state::saved:
        case batch_state::failed: add_ended(row); break;
        }
    }

    void add_ended(batch_record const& row)
    {
        bool const is_saved = row.state == batch_state::saved;
        ++(is_saved ? saved : failed);
        (is_saved ? good : bad).push_back(milliseconds(row.at));
        boost::system::error_code code;
        json::parse_options deep;
        deep.max_depth = 520;
        json::value const line = json::parse(row.text, code, {}, deep);
        json::object const none;
        json::object const& told = code || !line.is_object() ? none : line.get_object();
        add_figures(row, told, is_saved);
        if (is_saved)
            add_pictures(row, told);
        else
            add_cause(row, text_in(told, "error"));
    }

    void add_figures(batch_record const& row, json::object const& told, bool is_saved)
    {
        std::string model = text_in(told, "model");
        if (model.empty())
            model = row.target;
        if (model.empty())
            return;
        model_figures& figures = models[model];
        ++(is_saved ? figures.saved : figures.failed);
        json::value const* const given = told.if_contains("metrics");
        if (given == nullptr || !given->is_object())
            return;
        json::object const& metrics = given->get_object();
        figures.predict_time += number_in(metrics, "predict_time");
        predict_time += number_in(metrics, "predict_time");
        input_tokens += number_in(metrics, "input_token_count");
        output_tokens += number_in(metrics, "output_token_count");
        if (metrics.contains("total_time")) {
            durations.push_back(number_in(metrics, "total_time"));
            figures.durations.push_back(durations.back());
        }
    }

    void add_pictures(batch_record const& row, json::object const& told)
    {
        json::value const* const list = told.if_contains("files");
        if (list == nullptr || !list->is_array())
            return;
        for (json::value const& each : list->get_array()) {
            std::string const path = text_in(each.as_object(), "path"), type = text_in(each.as_object(), "content_type");
            files += path.empty() ? 0 : 1;
            bytes += number_in(each.as_object(), "bytes");
            if (!type.starts_with("image/") || pictures.size() == most_pictures)
                continue;
            picture shown;
            shown.row = row.custom_id;
            shown.path = directory / std::filesystem::path(path);
            shown.type = type;
            pictures.push_back(std::move(shown));
        }
    }

    /// Reasons that differ in numbers alone are one.
    void add_cause(batch_record const& row, std::string const& text)
    {
        constexpr std::size_t longest = 200, most_rows = 3;
        std::string key;
        for (char letter : text.substr(0, longest))
            if (letter < '0' || letter > '9')
                key += letter;
            else if (key.empty() || key.back() != '#')
                key += '#';
        cause& found = causes[key];
        if (found.count++ == 0)
            found.text = text.size() > 2 * longest ? text.substr(0, 2 * longest) + " ..." : text;
        if (found.rows.size() < most_rows)
            found.rows.push_back(row.custom_id.starts_with('\x01') ? row.custom_id.substr(1) : row.custom_id);
    }
};

/// Times as seconds since the first, without the pauses between runs.
class timeline {
public:
    explicit timeline(findings const& of)
    {
        std::vector<std::int64_t> all = of.created;
        all.insert(all.end(), of.good.begin(), of.good.end());
        all.insert(all.end(), of.bad.begin(), of.bad.end());
        std::sort(all.begin(), all.end());
        if (all.empty())
            return;
        begin_ = all.front();
        end_ = all.back();
        std::int64_t const longest = std::max<std::int64_t>(60'000, (end_ - begin_) / 5);
        for (std::size_t i = 1; i < all.size(); ++i)
            if (all[i] - all[i - 1] > longest)
                cuts.emplace_back(all[i - 1], all[i] - all[i - 1]);
    }

    /// When a pause began, and how long it was. Milliseconds.
    std::vector<std::pair<std::int64_t, std::int64_t>> cuts;

    double seconds(std::int64_t time) const
    {
        std::int64_t removed = 0;
        for (auto const& [from, length] : cuts)
            removed += time > from ? length : 0;
        return static_cast<double>(time - begin_ - removed) / 1000;
    }

    double length() const { return std::max(0.001, seconds(end_)); }
    std::int64_t begin() const { return begin_; }
    std::int64_t end() const { return end_; }

private:
    std::int64_t begin_ = 0, end_ = 0;
};

/// How many there were until each of so many moments.
std::vector<std::pair<double, double>> counted(std::vector<std::int64_t> const& times, timeline const& line)
{
    constexpr int moments = 240;
    std::vector<std::pair<double, double>> points;
    auto next = times.begin();
    for (int i = 0; i <= moments; ++i) {
        double const at = line.length() * i / moments;
        while (next != times.end() && line.seconds(*next) <= at + 1e-6)
            ++next;
        points.emplace_back(at, static_cast<double>(next - times.begin()));
    }
    return points;
}

void mark_pauses(chart& into, timeline const& line)
{
    int row = 0;
    for (auto const& [from, length] : line.cuts)
        into.mark(line.seconds(from), "nothing for " + time_text(static_cast<double>(length) / 1000), row++ % 3);
}

std::string progress_chart(findings const& of, timeline const& line)
{
    chart drawn(line.length(), static_cast<double>(std::max<std::size_t>({of.created.size(), of.good.size(), of.bad.size(), 1})));
    drawn.scale_up(5);
    drawn.scale_time();
    auto const good = counted(of.good, line);
    drawn.area(good, "good");
    drawn.polyline(counted(of.created, line), "main");
    drawn.polyline(good, "good");
    drawn.polyline(counted(of.bad, line), "bad");
    mark_pauses(drawn, line);
    return drawn.svg("Rows created, saved and failed over time");
}

std::string throughput_chart(findings const& of, timeline const& line)
{
    constexpr std::size_t bins = 60;
    std::vector<double> counts(bins, 0);
    for (std::int64_t const time : of.created)
        ++counts[std::min(bins - 1, static_cast<std::size_t>(line.seconds(time) / line.length() * bins))];
    double const width = line.length() / bins;
    std::optional<double> limit;
    for (json::value const& run : of.runs)
        if (double const told = number_in(run.as_object(), "limit"); told > 0)
            limit = told;
    double top = limit.value_or(0) * 1.2;
    for (double& each : counts)
        top = std::max(top, (each *= 60 / width) * 1.05);
    chart drawn(line.length(), top);
    drawn.scale_up(5);
    drawn.scale_time();
    for (std::size_t i = 0; i < bins; ++i)
        drawn.bar(width * static_cast<double>(i), width * static_cast<double>(i + 1), counts[i], "main",
            short_number(counts[i]) + " a minute, from " + time_text(width * static_cast<double>(i)));
    if (limit)
        drawn.level(*limit, "limit " + short_number(*limit) + " a minute");
    return drawn.svg("Predictions created a minute");
}

std::string duration_chart(findings const& of)
{
    if (of.durations.empty())
        return "<p class='legend'>No prediction has told how long it took.</p>";
    constexpr int bins = 32;
    auto const [least, most] = std::minmax_element(of.durations.begin(), of.durations.end());
    double const low = std::log10(std::max(0.001, *least)) - 0.02, high = std::max(low + 0.3, std::log10(std::max(0.001, *most)) + 0.02);
    std::vector<double> counts(bins, 0);
    auto const place = [&](double seconds) { return (std::log10(std::max(0.001, seconds)) - low) / (high - low) * bins; };
    for (double const each : of.durations)
        ++counts[static_cast<std::size_t>(std::clamp(place(each), 0.0, bins - 1.0))];
    chart drawn(bins, *std::max_element(counts.begin(), counts.end()) * 1.25);
    drawn.scale_up(4);
    auto const time_at = [&](int bin) { return std::pow(10, low + (high - low) * bin / bins); };
    for (int i = 0; i < bins; ++i)
        if (double const count = counts[static_cast<std::size_t>(i)]; count > 0)
            drawn.bar(i, i + 1, count, "good", short_number(count) + " from " + time_text(time_at(i)) + " to " + time_text(time_at(i + 1)));
    for (int i = 0; i <= bins; i += 8)
        drawn.tick(i, time_text(time_at(i)));
    int row = 0;
    for (auto const& [name, part] : {std::pair("p50 ", 0.5), std::pair("p90 ", 0.9), std::pair("p99 ", 0.99)}) {
        double const value = quantile(of.durations, part);
        drawn.mark(std::clamp(place(value), 0.0, static_cast<double>(bins)), name + time_text(value), row++);
    }
    return drawn.svg("How long predictions took");
}

std::string names_text(std::vector<std::string> const& names)
{
    std::string text;
    for (std::string const& each : names)
        text += (text.empty() ? "" : ", ") + escaped(each);
    return text;
}

std::string causes_text(findings const& of)
{
    constexpr std::size_t most = 12;
    std::vector<cause const*> all;
    for (auto const& [key, each] : of.causes)
        all.push_back(&each);
    std::sort(all.begin(), all.end(), [](cause const* a, cause const* b) { return a->count > b->count; });
    if (all.empty())
        return "<p class='legend'>Nothing has failed.</p>";
    std::string text;
    for (std::size_t i = 0; i < std::min(most, all.size()); ++i) {
        double const part = 100.0 * static_cast<double>(all[i]->count) / static_cast<double>(all.front()->count);
        text += "<div class='cause'><div><p>" + escaped(all[i]->text) + "</p><b class='n'>" + in_thousands(all[i]->count)
            + "</b></div><u style='width:" + fixed(std::max(1.0, part), 1) + "%'></u><small>" + names_text(all[i]->rows)
            + (all[i]->count > all[i]->rows.size() ? ", ..." : "") + "</small></div>";
    }
    if (all.size() > most)
        text += "<p class='legend'>and " + in_thousands(all.size() - most) + " more reasons; errors.jsonl has them all</p>";
    return text;
}

std::string models_text(findings const& of)
{
    std::string text = "<table><tr><th>Model</th><th class='n'>saved</th><th class='n'>failed</th><th class='n'>predict time</th>"
                       "<th class='n'>p50</th><th class='n'>p99</th></tr>";
    for (auto const& [name, each] : of.models) {
        bool const has_times = !each.durations.empty();
        text += "<tr><td>" + escaped(name) + "</td><td class='n'>" + in_thousands(each.saved) + "</td><td class='n'>"
            + in_thousands(each.failed) + "</td><td class='n'>" + time_text(each.predict_time) + "</td><td class='n'>"
            + (has_times ? time_text(quantile(each.durations, 0.5)) : "") + "</td><td class='n'>"
            + (has_times ? time_text(quantile(each.durations, 0.99)) : "") + "</td></tr>";
    }
    return text + "</table>";
}

std::string runs_text(findings const& of)
{
    std::string text = "<table><tr><th>Run</th><th>how it ended</th><th class='n'>time</th><th class='n'>created</th><th class='n'>requests</th>"
                       "<th class='n'>repeated</th><th class='n'>throttled</th><th class='n'>cost</th></tr>";
    int number = 0;
    for (json::value const& value : of.runs) {
        json::object const& run = value.as_object();
        auto const count = [&](char const* name) { return in_thousands(static_cast<std::uint64_t>(number_in(run, name))); };
        text += "<tr><td>" + std::to_string(++number) + "</td><td>" + escaped(text_in(run, "end")) + "</td><td class='n'>"
            + time_text(number_in(run, "elapsed")) + "</td><td class='n'>" + count("created") + "</td><td class='n'>" + count("requests")
            + "</td><td class='n'>" + count("retried") + "</td><td class='n'>" + time_text(number_in(run, "throttled")) + "</td><td class='n'>"
            + (run.contains("cost") ? cost_text(number_in(run, "cost")) : "") + "</td></tr>";
    }
    return text + "</table>";
}

/// A path as a link has it.
std::string link_text(std::filesystem::path const& path)
{
    std::string made;
    for (char letter : path.generic_string()) {
        bool const is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')
            || std::string_view("-._~/").find(letter) != std::string_view::npos;
        char text[8];
        std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(letter)));
        made += is_plain ? std::string(1, letter) : std::string(text);
    }
    return made;
}

/// Pictures within the page as long as it stays small; then links to their files.
class gallery {
public:
    explicit gallery(std::filesystem::path const& page)
        : place_(std::filesystem::absolute(page).parent_path())
    {
    }

    std::string text(findings const& of)
    {
        std::string figures;
        for (picture const& each : of.pictures) {
            std::error_code failed;
            auto const size = std::filesystem::file_size(each.path, failed);
            if (failed)
                continue;
            std::string const link = link_text(each.path.lexically_relative(place_));
            bool const is_within = size <= std::min(largest, room_);
            room_ -= is_within ? size : 0;
            linked_ += is_within ? 0 : 1;
            figures += "<figure><a href='" + link + "'><img loading='lazy' alt='' src='" + (is_within ? data(each) : link)
                + "'></a><figcaption title='" + escaped(each.row) + "'>" + escaped(each.row) + "</figcaption></figure>";
        }
        if (figures.empty())
            return {};
        return "<div class='card'><h2>Images</h2><p class='legend'>The first " + std::to_string(of.pictures.size())
            + (linked_ == 0 ? "; they are within this page." : "; " + std::to_string(linked_) + " of them are links to the files beside this page.")
            + "</p><div class='gallery'>" + figures + "</div></div>";
    }

private:
    static constexpr std::uintmax_t largest = 300'000;

    static std::string data(picture const& of)
    {
        std::ifstream file(of.path, std::ios::binary);
        std::string const bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        return "data:" + escaped(of.type) + ";base64," + replicate::core::base64_encode(bytes);
    }

    std::filesystem::path place_;
    std::uintmax_t room_ = 4'000'000;
    int linked_ = 0;
};

std::string tile(std::string const& value, char const* name, char const* kind = "")
{
    return "<div class='tile'><b class='" + std::string(kind) + "'>" + value + "</b><span>" + name + "</span></div>";
}

std::string tiles(findings const& of)
{
    double time = 0, cost = 0, throttled = 0;
    bool has_cost = false;
    for (json::value const& run : of.runs) {
        time += number_in(run.as_object(), "elapsed");
        throttled += number_in(run.as_object(), "throttled");
        cost += number_in(run.as_object(), "cost");
        has_cost = has_cost || run.as_object().contains("cost");
    }
    std::string text = tile(in_thousands(of.saved), "rows saved", "text-good");
    text += tile(in_thousands(of.failed), "failed", of.failed > 0 ? "text-bad" : "");
    if (of.open > 0)
        text += tile(in_thousands(of.open), "open", "text-wait");
    if (of.all_unknown > 0)
        text += tile(in_thousands(of.all_unknown), "unknown", "text-wait");
    text += tile(time_text(time), of.runs.size() == 1 ? "time" : "time of all runs") + tile(time_text(of.predict_time), "predict time");
    if (!of.durations.empty())
        text += tile(time_text(quantile(of.durations, 0.5)), "p50") + tile(time_text(quantile(of.durations, 0.99)), "p99");
    if (of.output_tokens > 0)
        text += tile(short_number(of.input_tokens) + " / " + short_number(of.output_tokens), "tokens in / out");
    if (of.files > 0)
        text += tile(in_thousands(of.files), "files");
    if (has_cost)
        text += tile(cost_text(cost), "cost");
    return "<div class='tiles'>" + text + tile(time_text(throttled), "throttled") + "</div>";
}

std::string unknown_text(findings const& of)
{
    if (of.all_unknown == 0)
        return {};
    return "<div class='card'><h2 class='text-wait'>Unknown</h2><p class='legend'>Of these rows it is not known whether their predictions exist: they "
           "may have been paid for, and are not created again. The next run looks for them.</p><p>"
        + names_text(of.unknown) + (of.all_unknown > of.unknown.size() ? ", ..." : "") + "</p></div>";
}

std::string page_of(findings const& of, std::filesystem::path const& journal, std::filesystem::path const& page)
{
    timeline const line(of);
    std::string const name = std::filesystem::absolute(journal).parent_path().filename().string();
    std::string const when = line.end() == 0 ? "nothing has happened yet" : date_text(line.begin()) + " to " + date_text(line.end());
    std::string html = "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
                       "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data: file: 'self'; style-src 'unsafe-inline'\">"
                       "<title>Batch "
        + escaped(name) + "</title><style>" + style + "</style></head><body><main><h1>Batch " + escaped(name) + "</h1><p class='sub'>" + when + " &middot; "
        + escaped(std::filesystem::absolute(journal).string()) + "</p>" + tiles(of) + unknown_text(of);
    html += "<div class='grid2'><div class='card'><h2>Progress</h2><p class='legend'><i class='main'></i>created<i class='good'></i>saved<i class='bad'></i>"
            "failed</p>"
        + progress_chart(of, line) + "</div><div class='card'><h2>Throughput</h2><p class='legend'><i class='main'></i>predictions created a minute</p>"
        + throughput_chart(of, line) + "</div><div class='card'><h2>Duration</h2><p class='legend'><i class='good'></i>predictions, from create to end</p>"
        + duration_chart(of) + "</div><div class='card'><h2>Failures by cause</h2>" + causes_text(of) + "</div></div>";
    html += "<div class='card'><h2>Models</h2>" + models_text(of) + "</div>" + gallery(page).text(of);
    if (!of.runs.empty())
        html += "<div class='card'><h2>Runs</h2>" + runs_text(of) + "</div>";
    return html + "<footer>Times are those of this machine, in UTC.</footer></main></body></html>\n";
}

void write_page(std::filesystem::path const& page, std::string const& html)
{
    std::filesystem::path part = page;
    part += ".part";
    std::ofstream file(part, std::ios::binary);
    file << html;
    file.close();
    std::error_code failed;
    if (!file)
        failed = std::error_code(errno, std::generic_category());
    else
        std::filesystem::rename(part, page, failed);
    if (failed)
        throw program_end(exit_code::not_writable, page.string() + " cannot be written: " + failed.message());
}

} // namespace

exit_code write_report(std::filesystem::path const& journal, std::filesystem::path const& page)
{
    if (!std::filesystem::is_regular_file(journal))
        throw program_end(exit_code::wrong_use, "there is no journal " + journal.string());
    try {
        replicate::journal_options options;
        options.only_reads = true;
        replicate::journal opened(journal, options);
        write_page(page, page_of(findings(opened), journal, page));
    } catch (replicate::error const& refused) {
        throw program_end(exit_code::journal_refused, refused.what());
    }
    return exit_code::all_saved;
}

} // namespace batch_program
