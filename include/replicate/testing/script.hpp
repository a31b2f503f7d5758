// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_SCRIPT_HPP
#define REPLICATE_TESTING_SCRIPT_HPP

#include <replicate/testing/output_file.hpp>
#include <replicate/testing/snapshot.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing {

/// The life of one prediction on the local server, told in order:
///
///     script().boot(2s).log("loading").run(1s).text_pieces({"Hello", " world"}, 50ms)
///     script().run(300ms).log("50%").run(300ms).fail("out of memory")
///
/// It boots (`starting`), then its steps follow each other (`processing`), then it ends. Without steps it ends at
/// once, with success. What is seen at a moment is a function of the script and the time since the creation alone.
/// A plain value.
class script {
public:
    /// All times; steady, in nanoseconds.
    using duration = std::chrono::steady_clock::duration;

    /// What the stream of a prediction carries.
    enum class stream_kind {
        /// `text` where there are pieces, `files` where the pieces or the output are files, else `none`.
        automatic,
        /// There is no stream, and no link to one.
        none,
        /// The pieces as they come, or else the output when it is there.
        text,
        /// The links of files, one event each.
        files
    };

    /// Something that becomes visible while the model runs.
    class step {
    public:
        /// When, counted from the start of the run.
        duration at;
        /// Added to the log; empty for none.
        std::string log;
        /// Added to the output.
        std::optional<json::value> piece;

        /// All three.
        step(duration when, std::string text, std::optional<json::value> element)
            : at(when)
            , log(std::move(text))
            , piece(std::move(element))
        {
        }
    };

    /// Succeeds at once with a null output.
    script() = default;

    /// Succeeds at once with this text as its output.
    template<std::convertible_to<std::string_view> Text>
    script(Text const& text)
        : output_(to_json(text))
    {
    }

    /// Succeeds at once with this output.
    template<class Output>
        requires(!std::convertible_to<Output const&, std::string_view> && std::convertible_to<Output, json::value>
            && !std::same_as<Output, script>)
    script(Output output)
        : output_(std::move(output))
    {
    }

    /// Waits in the queue, or for its machine, for so long; `starting` is seen.
    script& boot(duration time)
    {
        boot_ += time;
        return *this;
    }

    /// Runs for so long before what is told next.
    script& run(duration time)
    {
        cursor_ += time;
        return *this;
    }

    /// Writes to the log; a line end is added where there is none (`\r` counts as one: progress bars).
    script& log(std::string_view text)
    {
        steps_.emplace_back(cursor_, with_line_end(text), std::nullopt);
        return *this;
    }

    /// Adds one element to the output, which is then a list that grows while the model runs.
    script& piece(json::value element)
    {
        steps_.emplace_back(cursor_, std::string(), std::move(element));
        return *this;
    }

    /// Adds pieces of text to the output, `each` after the one before, as language models do.
    script& text_pieces(std::vector<std::string> const& texts, duration each = {})
    {
        for (std::string const& text : texts)
            run(each).piece(to_json(text));
        return *this;
    }

    /// The output, seen when it has succeeded; it replaces the pieces.
    script& output(json::value value)
    {
        output_ = std::move(value);
        return *this;
    }

    /// The output is the URL of this file.
    script& file(output_file made)
    {
        files_.push_back(std::make_shared<output_file const>(std::move(made)));
        output_ = file_mark(files_.size() - 1);
        return *this;
    }

    /// The output is the URL of a file with these bytes.
    script& file(std::string bytes, std::string content_type, std::string name)
    {
        return file(output_file(std::move(bytes), std::move(content_type), std::move(name)));
    }

    /// The output is the list of the URLs of these files.
    script& file_list(std::vector<output_file> made)
    {
        json::array marks;
        for (output_file& each : made) {
            files_.push_back(std::make_shared<output_file const>(std::move(each)));
            marks.push_back(file_mark(files_.size() - 1));
        }
        output_ = std::move(marks);
        return *this;
    }

    /// Keeps a file without changing the output; `file_mark(n)` in the output stands for the URL of the n-th one.
    script& attach(output_file made)
    {
        files_.push_back(std::make_shared<output_file const>(std::move(made)));
        return *this;
    }

    /// Stands in an output for the URL of the script's file of this number, from 0.
    static json::value file_mark(std::size_t number)
    {
        return to_json(std::string(mark_prefix()) + std::to_string(number));
    }

    /// Adds a metric, seen after the end; `predict_time` and `total_time` are there anyway.
    script& metric(std::string_view name, json::value value)
    {
        metrics_[json::string_view(name.data(), name.size())] = std::move(value);
        return *this;
    }

    /// Ends with failure, after writing `logs`.
    script& fail(std::string message, std::string_view logs = {})
    {
        if (!logs.empty())
            log(logs);
        ending_ = ending::failure;
        error_ = std::move(message);
        return *this;
    }

    /// Ends as `aborted` after the boot, without having run.
    script& abort()
    {
        ending_ = ending::abortion;
        return *this;
    }

    /// Goes on for ever, until it is cancelled.
    script& never_ends()
    {
        ending_ = ending::none;
        return *this;
    }

    /// Whether it can be streamed, and as what; default: `automatic`.
    script& streams(stream_kind kind)
    {
        stream_kind_ = kind;
        return *this;
    }

    /// As what it is streamed; never `automatic`.
    stream_kind streamed_as() const;

    /// What happens while the model runs, in order.
    std::vector<step> const& steps() const noexcept { return steps_; }

    /// How long it boots.
    duration boot_time() const noexcept { return boot_; }

    /// When it ends if nobody interferes, counted from the creation; empty if never.
    std::optional<duration> finish() const
    {
        if (ending_ == ending::none)
            return std::nullopt;
        return ending_ == ending::abortion ? boot_ : boot_ + cursor_;
    }

    /// What is seen `elapsed` after the creation.
    snapshot at(duration elapsed) const;

    /// The same for a prediction that was ended from outside. An end that comes after the script's own changes nothing.
    snapshot at(duration elapsed, early_end const& interruption) const;

    /// The files of its output.
    std::vector<std::shared_ptr<output_file const>> const& files() const noexcept { return files_; }

    /// What the text of a `file_mark` begins with; the number follows.
    static constexpr std::string_view mark_prefix() noexcept { return "replicate-testing-file:"; }

private:
    enum class ending { success, failure, abortion, none };

    static json::value to_json(std::string_view text) { return json::string_view(text.data(), text.size()); }

    static std::string with_line_end(std::string_view text)
    {
        std::string line(text);
        if (line.empty() || (line.back() != '\n' && line.back() != '\r'))
            line += '\n';
        return line;
    }

    static bool is_mark(json::value const& value)
    {
        return value.is_string() && value.get_string().starts_with(json::string_view(mark_prefix().data(), mark_prefix().size()));
    }

    void show_steps(snapshot& seen, duration running) const;
    void show_end(snapshot& seen, duration completed) const;

    duration boot_{};
    duration cursor_{};
    std::vector<step> steps_;
    json::value output_;
    std::vector<std::shared_ptr<output_file const>> files_;
    json::object metrics_;
    ending ending_ = ending::success;
    std::string error_;
    stream_kind stream_kind_ = stream_kind::automatic;
};

inline script::stream_kind script::streamed_as() const
{
    if (stream_kind_ != stream_kind::automatic)
        return stream_kind_;
    for (step const& each : steps_)
        if (each.piece)
            return is_mark(*each.piece) ? stream_kind::files : stream_kind::text;
    bool const listed = output_.is_array() && !output_.get_array().empty();
    return is_mark(listed ? output_.get_array().front() : output_) ? stream_kind::files : stream_kind::none;
}

inline void script::show_steps(snapshot& seen, duration running) const
{
    json::array pieces;
    for (step const& each : steps_) {
        if (each.at > running)
            break;
        seen.logs += each.log;
        if (each.piece)
            pieces.push_back(*each.piece);
    }
    if (!pieces.empty())
        seen.output = std::move(pieces);
}

inline void script::show_end(snapshot& seen, duration completed) const
{
    using seconds = std::chrono::duration<double>;
    seen.completed = completed;
    seen.metrics = metrics_;
    if (seen.started)
        seen.metrics["predict_time"] = seconds(completed - *seen.started).count();
    seen.metrics["total_time"] = seconds(completed).count();
}

inline snapshot script::at(duration elapsed) const
{
    snapshot seen;
    if (elapsed < boot_)
        return seen;
    if (ending_ == ending::abortion) {
        seen.status = prediction_status::aborted;
        show_end(seen, boot_);
        return seen;
    }
    seen.status = prediction_status::processing;
    seen.started = boot_;
    show_steps(seen, elapsed - boot_);
    if (ending_ == ending::none || elapsed < boot_ + cursor_)
        return seen;
    seen.status = ending_ == ending::failure ? prediction_status::failed : prediction_status::succeeded;
    seen.error = error_;
    if (ending_ == ending::success && !output_.is_null())
        seen.output = output_;
    show_end(seen, boot_ + cursor_);
    return seen;
}

inline snapshot script::at(duration elapsed, early_end const& interruption) const
{
    auto const own_end = finish();
    if (elapsed < interruption.at || (own_end && *own_end <= interruption.at))
        return at(elapsed);
    snapshot seen = at(interruption.at);
    bool const ran = seen.started.has_value();
    seen.output = nullptr;
    seen.error.clear();
    seen.status = prediction_status::canceled;
    // The service fills in a start even where a cancel came before it; a deadline in the queue leaves none.
    if (!ran && interruption.why == early_end::reason::deadline)
        seen.status = prediction_status::aborted;
    else if (!ran)
        seen.started = std::max(duration(), interruption.at - std::chrono::microseconds(3));
    show_end(seen, interruption.at);
    return seen;
}

} // namespace replicate::testing

#endif
