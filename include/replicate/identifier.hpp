// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IDENTIFIER_HPP
#define REPLICATE_IDENTIFIER_HPP

#include <replicate/core/percent_encoding.hpp>
#include <replicate/error.hpp>

#include <boost/system/result.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

namespace detail {

/// Why a text cannot be one part of a reference; empty where it can.
inline std::string why_not_a_part(std::string_view part, std::string_view text)
{
    std::string const name(part);
    if (text.empty())
        return "the " + name + " is empty";
    if (text == "." || text == "..")
        return "the " + name + " must not be '.' or '..'";
    if (text.find(' ') != std::string_view::npos)
        return "the " + name + " contains a space";
    if (text.find(':') != std::string_view::npos)
        return "the " + name + " contains a ':'";
    if (!core::is_safe_segment(text))
        return "the " + name + " contains a character that is not allowed";
    return {};
}

/// A text of a caller as it may stand in a message: without control characters, and not too long.
inline std::string quoted(std::string_view text)
{
    std::string quote = "'";
    for (char letter : text.substr(0, 100)) {
        auto const byte = static_cast<unsigned char>(letter);
        quote += byte < ' ' || byte >= 0x7f ? '?' : letter;
    }
    return quote + (text.size() > 100 ? "...'" : "'");
}

inline bool is_version_id(std::string_view text) noexcept
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
    });
}

/// The parts of `owner/name:version`, not looked at any further.
class reference_parts {
public:
    std::string_view owner;
    std::string_view name;
    std::string_view version;
    bool has_slash = false;
    bool has_version = false;

    explicit reference_parts(std::string_view text) noexcept
    {
        std::size_t const slash = text.find('/');
        has_slash = slash != std::string_view::npos;
        owner = text.substr(0, slash);
        name = has_slash ? text.substr(slash + 1) : std::string_view();
        std::size_t const colon = name.find(':');
        has_version = colon != std::string_view::npos;
        version = has_version ? name.substr(colon + 1) : std::string_view();
        name = name.substr(0, colon);
    }

    /// Why this is no reference; empty where it is one.
    std::string why_not() const
    {
        if (!has_slash)
            return "there is no '/' in it, and it is not a version id";
        if (name.find('/') != std::string_view::npos)
            return "there is more than one '/' in it";
        std::string why = why_not_a_part("owner before the '/'", owner);
        if (why.empty())
            why = why_not_a_part("name after the '/'", name);
        if (why.empty() && has_version)
            why = why_not_a_part("version after the ':'", version);
        return why;
    }
};

/// Why a text is no reference; empty where it is one.
inline std::string why_not_a_reference(std::string_view text)
{
    if (is_version_id(text))
        return {};
    if (text.empty())
        return "it is empty";
    if (text.find("://") != std::string_view::npos)
        return "it is a URL; leave out everything before the owner";
    return reference_parts(text).why_not();
}

} // namespace detail

/// A deployment, as the target of a prediction. It has to be named by its type, because `owner/name` alone means a
/// model: `client.async_run(replicate::deployment("acme", "shouter"), input)`.
class deployment {
public:
    /// Throws `error` with `errc::invalid_argument` where a part is empty or holds what a path cannot.
    deployment(std::string_view owner, std::string_view name)
        : owner_(owner)
        , name_(name)
    {
        std::string why = detail::why_not_a_part("owner", owner);
        if (why.empty())
            why = detail::why_not_a_part("name", name);
        if (!why.empty())
            detail::throw_invalid_argument(
                "deployment", detail::quoted(owner_ + "/" + name_) + " is not a deployment: " + why);
    }

    /// The account that the deployment belongs to.
    std::string const& owner() const noexcept { return owner_; }

    /// Its name within the account.
    std::string const& name() const noexcept { return name_; }

private:
    std::string owner_;
    std::string name_;
};

/// What a prediction is to be made with: a model, one version of it, or a deployment. Made implicitly from a text,
/// so that a call may simply say `"meta/meta-llama-3-8b-instruct"`. A plain value; copies are independent.
class model_ref {
public:
    /// The four forms.
    enum class form {
        /// `owner/name`: the model as its owner now publishes it.
        model,
        /// `owner/name:version`: one version; everything after the colon is left to the service to judge.
        model_version,
        /// 64 hexadecimal digits: a version without its model.
        version,
        /// A deployment; made of a `replicate::deployment` only.
        deployment
    };

    /// Parses a reference. Throws `error` with `errc::invalid_argument`, whose text says what is wrong and what a
    /// reference looks like.
    model_ref(std::string_view text)
        : model_ref(checked(text), text)
    {
    }

    /// The same.
    model_ref(std::string const& text)
        : model_ref(std::string_view(text))
    {
    }

    /// The same. A null pointer counts as the empty text.
    model_ref(char const* text)
        : model_ref(text == nullptr ? std::string_view() : std::string_view(text))
    {
    }

    /// The deployment as a target.
    model_ref(replicate::deployment target)
        : kind_(form::deployment)
        , owner_(target.owner())
        , name_(target.name())
    {
    }

    /// Parses a reference without throwing for what is wrong with it; the code is `errc::invalid_argument`.
    static boost::system::result<model_ref> parse(std::string_view text)
    {
        if (!detail::why_not_a_reference(text).empty())
            return make_error_code(errc::invalid_argument);
        return model_ref(valid_text(), text);
    }

    /// Which of the forms it is.
    form kind() const noexcept { return kind_; }

    /// The owner of the model or deployment; empty for a bare version.
    std::string const& owner() const noexcept { return owner_; }

    /// The name of the model or deployment; empty for a bare version.
    std::string const& name() const noexcept { return name_; }

    /// The version; empty for a model and for a deployment.
    std::string const& version() const noexcept { return version_; }

    /// The reference as it is written: `owner/name`, `owner/name:version` or the version id.
    std::string str() const
    {
        if (kind_ == form::version)
            return version_;
        std::string const path = owner_ + "/" + name_;
        return kind_ == form::model_version ? path + ":" + version_ : path;
    }

    /// Whether both name the same target in the same form.
    friend bool operator==(model_ref const&, model_ref const&) = default;

private:
    // Stands for "the text was looked at".
    struct valid_text {};

    model_ref(valid_text, std::string_view text)
        : kind_(form::version)
    {
        if (detail::is_version_id(text)) {
            version_ = text;
            return;
        }
        detail::reference_parts const parts(text);
        kind_ = parts.has_version ? form::model_version : form::model;
        owner_ = parts.owner;
        name_ = parts.name;
        version_ = parts.version;
    }

    static valid_text checked(std::string_view text)
    {
        std::string const why = detail::why_not_a_reference(text);
        if (!why.empty())
            detail::throw_invalid_argument("model",
                detail::quoted(text) + " is not a model reference: " + why
                    + ". Write owner/name, owner/name:version, or the 64 hexadecimal digits of a version.");
        return valid_text();
    }

    form kind_;
    std::string owner_;
    std::string name_;
    std::string version_;
};

} // namespace replicate

#endif
