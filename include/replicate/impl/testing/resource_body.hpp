// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_RESOURCE_BODY_HPP
#define REPLICATE_IMPL_TESTING_RESOURCE_BODY_HPP

#include <replicate/impl/testing/create_request.hpp>
#include <replicate/impl/testing/wire.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// The JSON body of a request that creates or changes a resource. It is read member by member; what is wrong is collected
/// and becomes the refusal (http-api 8.2): 422 for members that do not exist, otherwise 400 with a list of pointers.
class resource_body {
public:
    resource_body(std::string_view text, std::initializer_list<std::string_view> known_members)
    {
        json::error_code failure;
        json::value document = json::parse(view(text), failure, json::storage_ptr(), deep_json());
        if (failure || !document.is_object()) {
            refusal_ = problem(400, "", "JSON parse error - " + (failure ? failure.message() : "not an object"));
            return;
        }
        members_ = std::move(document.get_object());
        std::vector<invalid_field> unknown;
        for (json::key_value_pair const& member : members_)
            if (std::find(known_members.begin(), known_members.end(), view(member.key())) == known_members.end())
                unknown.emplace_back("additional_property_not_allowed", "(root)",
                    "Additional property " + std::string(view(member.key())) + " is not allowed");
        if (!unknown.empty())
            refusal_ = input_refusal(unknown);
    }

    bool has(std::string_view name) const { return members_.contains(view(name)); }

    json::object const& members() const noexcept { return members_; }

    /// The text, or nothing where the member is absent, null or wrong.
    std::optional<std::string> text(std::string_view name)
    {
        json::value const* const member = members_.if_contains(view(name));
        if (member == nullptr || member->is_null())
            return std::nullopt;
        if (member->is_string())
            return std::string(view(json::string_view(member->get_string())));
        refuse(name, "Not a valid string.");
        return std::nullopt;
    }

    /// The text; empty, and refused, where there is none.
    std::string required_text(std::string_view name)
    {
        if (auto found = text(name); found && !found->empty())
            return std::move(*found);
        if (!is_refused(name))
            refuse(name, "This field is required.");
        return {};
    }

    /// The number, or nothing where the member is absent or wrong.
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most)
    {
        json::value const* const member = members_.if_contains(view(name));
        if (member == nullptr)
            return std::nullopt;
        json::error_code failure;
        auto const value = member->to_number<std::int64_t>(failure);
        if (failure)
            refuse(name, "A valid integer is required.");
        else if (value < least)
            refuse(name, "Ensure this value is greater than or equal to " + std::to_string(least) + '.');
        else if (value > most)
            refuse(name, "Ensure this value is less than or equal to " + std::to_string(most) + '.');
        else
            return value;
        return std::nullopt;
    }

    /// Refuses it where the member is absent.
    void require(std::string_view name)
    {
        if (!has(name))
            refuse(name, "This field is required.");
    }

    void refuse(std::string_view name, std::string_view why) { wrong_.emplace_back(name, why); }

    /// Whether there is something wrong so far.
    bool refused() const noexcept { return refusal_ || !wrong_.empty(); }

    /// To be asked after `refused`.
    reply refusal() const
    {
        if (refusal_)
            return *refusal_;
        std::string detail = "The following errors occurred:";
        json::array listed;
        for (auto const& [name, why] : wrong_) {
            detail += "\n- " + name + ": " + why;
            json::object& entry = listed.emplace_back(json::object()).get_object();
            entry["pointer"] = view(std::string_view('/' + name));
            entry["detail"] = view(std::string_view(why));
        }
        json::object document;
        document["status"] = 400;
        document["title"] = "Validation failed";
        document["detail"] = view(std::string_view(detail));
        document["errors"] = std::move(listed);
        reply made(400, json::serialize(document) + '\n');
        made.content_type = "application/problem+json";
        return made;
    }

private:
    bool is_refused(std::string_view name) const
    {
        return std::any_of(wrong_.begin(), wrong_.end(), [&](auto const& each) { return each.first == name; });
    }

    json::object members_;
    std::optional<reply> refusal_;
    std::vector<std::pair<std::string, std::string>> wrong_;
};

} // namespace replicate::testing::detail

#endif
