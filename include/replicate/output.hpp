// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_OUTPUT_HPP
#define REPLICATE_OUTPUT_HPP

#include <replicate/core/output_kind.hpp>
#include <replicate/core/utf8.hpp>
#include <replicate/detail/value_decoder.hpp>
#include <replicate/file.hpp>
#include <replicate/prediction.hpp>

#include <boost/json/serialize.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// What a model answered. It is text, JSON or files by request: which of them makes sense is the model's affair. Where the schema
/// of its version is known (`kind()`), a text that looks like a URL stays a text.
/// A value; copies share the content.
class output {
public:
    /// No answer.
    output() = default;

    /// The answer of a prediction; its files are read by `client`, which it does not keep alive. `kind` is what the schema of its
    /// version says; `interrupted` are the ids of the predictions that it was run again for.
    explicit output(replicate::prediction source, std::weak_ptr<detail::client_state> client = {},
        output_kind kind = output_kind::unknown, std::vector<std::string> interrupted = {})
        : prediction_(std::make_shared<replicate::prediction const>(std::move(source)))
        , client_(std::move(client))
        , kind_(kind)
        , interrupted_(std::move(interrupted))
    {
    }

    /// What the answer is by the schema of the model's version; `unknown` where that was not looked up.
    output_kind kind() const noexcept { return kind_; }

    /// The answer as text: a string as it is, a list of strings joined with nothing between (the pieces of a language
    /// model), "" for null. Anything else is an `error` of `errc::output_mismatch`.
    std::string text() const;

    /// The answer as JSON.
    json::value const& json() const noexcept { return prediction().output(); }

    /// The answer as a T: `as<std::vector<std::string>>()`. A T is a number, a `bool`, text, `file_output`, a struct or enumeration
    /// that Boost.Describe describes, `std::optional` (empty for null and for absent members), a container of these, a map with
    /// texts as keys, `std::chrono::system_clock::time_point` (RFC 3339), a duration (a number of seconds), `json::value`, or
    /// what Boost.JSON converts. A text in pieces is one `std::string`, as for `text()`; so is a list of texts while the
    /// schema is not known.
    /// An answer that does not fit is an `error` of `errc::output_mismatch`, which names the place as a JSON pointer, what was
    /// expected there and what was found, and holds the prediction in its diagnostics.
    template<class T>
    T as() const;

    /// A file of this answer by its URL, to be read by the client that made the answer.
    file_output file(std::string url) const { return file_output(std::move(url), client_); }

    /// The files of the answer: every string in it, at any depth, that is an `https:` or a `data:` URL, in order. None where the
    /// schema says that it is text.
    std::vector<file_output> files() const;

    /// The prediction behind it: id, metrics, logs, links.
    replicate::prediction const& prediction() const noexcept;

    /// The ids of the predictions before it that the service has interrupted, the first one first: see `run_options::reruns`.
    std::vector<std::string> const& interrupted() const noexcept { return interrupted_; }

private:
    /// False where the schema says that the texts of a list do not belong together.
    bool may_be_joined() const noexcept
    {
        return kind_ == output_kind::unknown || kind_ == output_kind::concatenated_text || kind_ == output_kind::pieces;
    }

    std::shared_ptr<replicate::prediction const> prediction_;
    std::weak_ptr<detail::client_state> client_;
    output_kind kind_ = output_kind::unknown;
    std::vector<std::string> interrupted_;
};

namespace detail {

inline prediction const no_prediction;

[[noreturn]] inline void throw_output_mismatch(prediction const& source, std::string_view wanted)
{
    std::string const shown = json::serialize(source.output());
    throw make_error(errc::output_mismatch,
        "not " + std::string(wanted) + " (prediction " + source.id + "): " + std::string(core::utf8_front(shown, 200)));
}

inline void collect_file_urls(json::value const& value, std::vector<std::string>& urls)
{
    if (value.is_string() && is_file_url({value.get_string().data(), value.get_string().size()}))
        urls.emplace_back(value.get_string().data(), value.get_string().size());
    if (value.is_array())
        for (json::value const& element : value.get_array())
            collect_file_urls(element, urls);
    if (value.is_object())
        for (auto const& member : value.get_object())
            collect_file_urls(member.value(), urls);
}

} // namespace detail

inline prediction const& output::prediction() const noexcept
{
    return prediction_ ? *prediction_ : detail::no_prediction;
}

inline std::string output::text() const
{
    json::value const& value = json();
    std::string text;
    if (value.is_string())
        text.assign(value.get_string().data(), value.get_string().size());
    else if (value.is_array())
        for (json::value const& piece : value.get_array()) {
            if (!piece.is_string())
                detail::throw_output_mismatch(prediction(), "text");
            text.append(piece.get_string().data(), piece.get_string().size());
        }
    else if (!value.is_null())
        detail::throw_output_mismatch(prediction(), "text");
    return text;
}

template<class T>
T output::as() const
{
    detail::value_decoder decoder([this](std::string url) { return file(std::move(url)); });
    try {
        if constexpr (std::same_as<T, std::string>)
            if (json().is_array() && may_be_joined())
                return decoder.join(json().get_array());
        return decoder.template decode<T>(json());
    } catch (detail::misfit const& found) {
        replicate::diagnostics context;
        context.prediction = prediction_;
        context.detail = found.text() + " (prediction " + prediction().id
            + "): " + std::string(core::utf8_front(json::serialize(json()), 200));
        throw error(make_error_code(errc::output_mismatch), std::move(context));
    }
}

inline std::vector<file_output> output::files() const
{
    std::vector<std::string> urls;
    bool const is_text = kind_ == output_kind::text || kind_ == output_kind::concatenated_text
        || kind_ == output_kind::pieces || kind_ == output_kind::texts;
    if (!is_text)
        detail::collect_file_urls(json(), urls);
    std::vector<file_output> files;
    for (std::string& url : urls)
        files.emplace_back(std::move(url), client_);
    return files;
}

} // namespace replicate

#endif
