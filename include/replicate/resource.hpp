// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RESOURCE_HPP
#define REPLICATE_RESOURCE_HPP

#include <replicate/prediction.hpp>
#include <replicate/response_meta.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

namespace detail {

/// A document, or a part of one that keeps the whole alive; never null where it is passed.
using shared_object = std::shared_ptr<json::object const>;

inline json::value const& any_member(json::object const& object, std::string_view name) noexcept
{
    json::value const* value = object.if_contains({name.data(), name.size()});
    return value == nullptr ? null_value : *value;
}

/// A whole number above zero; 0 where the member is not one.
inline std::uint64_t count_member(json::object const& object, std::string_view name) noexcept
{
    json::value const& value = any_member(object, name);
    if (value.is_uint64())
        return value.get_uint64();
    return value.is_int64() && value.get_int64() > 0 ? static_cast<std::uint64_t>(value.get_int64()) : 0;
}

/// The texts of a list.
inline std::vector<std::string> texts_member(json::object const& object, std::string_view name)
{
    std::vector<std::string> found;
    if (json::array const* const list = any_member(object, name).if_array())
        for (json::value const& element : *list)
            if (json::string const* const words = element.if_string())
                found.emplace_back(words->data(), words->size());
    return found;
}

} // namespace detail

/// What all resources but the prediction have in common: they are read as leniently as it is. Absent and null are the same, what has
/// another type than it should counts as absent, and unknown members are kept in `raw()`. Plain values; copies share the document.
class resource : public answered {
public:
    /// Everything, as it came.
    json::object const& raw() const noexcept { return raw_ ? *raw_ : detail::no_members; }

protected:
    resource() = default;
    explicit resource(detail::shared_object raw) noexcept
        : raw_(std::move(raw))
    {
    }

    /// A member of the document; null where it is absent.
    json::value const& member(std::string_view name) const noexcept { return detail::any_member(raw(), name); }

    /// A member that is text; empty where it is not.
    std::string text(std::string_view name) const { return detail::text_member(raw(), name); }

    /// A member that is a time; nothing where it is not.
    std::optional<std::chrono::system_clock::time_point> time(std::string_view name) const
    {
        return detail::time_member(raw(), name);
    }

    /// A member that is an object; null where it is not.
    detail::shared_object part(std::string_view name) const noexcept { return share(member(name)); }

    /// The objects of a member that is a list.
    std::vector<detail::shared_object> parts(std::string_view name) const
    {
        std::vector<detail::shared_object> found;
        if (json::array const* const list = member(name).if_array())
            for (json::value const& element : *list)
                if (element.is_object())
                    found.push_back(share(element));
        return found;
    }

    /// The document of a resource that needs these members to be text that is not empty; an `error` of
    /// `errc::unexpected_document` that says which `what` it was where one is missing.
    static detail::shared_object checked(
        json::value document, std::string_view what, std::initializer_list<std::string_view> needed)
    {
        json::object* const object = document.if_object();
        if (object == nullptr)
            throw detail::make_error(errc::unexpected_document, std::string(what) + " that is not an object");
        for (std::string_view name : needed)
            if (detail::text_member(*object, name).empty())
                throw detail::make_error(
                    errc::unexpected_document, std::string(what) + " without '" + std::string(name) + "'");
        return std::make_shared<json::object const>(std::move(*object));
    }

private:
    detail::shared_object share(json::value const& value) const noexcept
    {
        return value.is_object() ? detail::shared_object(raw_, &value.get_object()) : nullptr;
    }

    // Shared: the document of a model with its schema is large.
    detail::shared_object raw_;
};

} // namespace replicate

#endif
