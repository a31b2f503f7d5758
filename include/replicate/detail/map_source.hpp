// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_MAP_SOURCE_HPP
#define REPLICATE_DETAIL_MAP_SOURCE_HPP

#include <replicate/input.hpp>
#include <replicate/run_request.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace replicate {

namespace detail {


template<class T, class Element>
concept pull_function = std::invocable<T&> && std::convertible_to<std::invoke_result_t<T&>, std::optional<Element>>;

template<class T, class Element>
concept element_range = std::ranges::input_range<T> && std::convertible_to<std::ranges::range_reference_t<T>, Element>;

/// The inputs of a map, one after the other, whatever they come from.
class map_source {
public:
    virtual ~map_source() = default;

    /// How many there are; nothing where that is not known.
    virtual std::optional<std::size_t> total() const { return std::nullopt; }

    /// The next one; nothing behind the last. May throw what a range of the user's throws.
    virtual std::optional<run_request> pull() = 0;
};

/// A range, kept.
template<class Range, class Element>
class range_elements {
public:
    explicit range_elements(Range range)
        : range_(std::move(range))
    {
    }

    std::optional<std::size_t> total() const
    {
        if constexpr (std::ranges::sized_range<Range const>)
            return static_cast<std::size_t>(std::ranges::size(range_));
        else
            return std::nullopt;
    }

    std::optional<Element> operator()()
    {
        std::optional<Element> next;
        if (!at_)
            at_.emplace(std::ranges::begin(range_));
        else if (*at_ != std::ranges::end(range_))
            ++*at_;
        if (*at_ != std::ranges::end(range_))
            next.emplace(**at_);
        return next;
    }

private:
    Range range_;
    // Made when it is first needed: the range does not move any more then.
    std::optional<std::ranges::iterator_t<Range>> at_;
};

/// A function, kept.
template<class Function, class Element>
class pulled_elements {
public:
    explicit pulled_elements(Function function)
        : function_(std::move(function))
    {
    }

    std::optional<std::size_t> total() const { return std::nullopt; }
    std::optional<Element> operator()() { return function_(); }

private:
    Function function_;
};

/// Inputs for one model.
template<class Elements>
class input_source final : public map_source {
public:
    input_source(model_ref model, Elements elements)
        : model_(std::move(model))
        , elements_(std::move(elements))
    {
    }

    std::optional<std::size_t> total() const override { return elements_.total(); }

    std::optional<run_request> pull() override
    {
        std::optional<run_request> request;
        if (std::optional<input> next = elements_())
            request.emplace(model_, std::move(*next));
        return request;
    }

private:
    model_ref model_;
    Elements elements_;
};

/// Requests of any models.
template<class Elements>
class request_source final : public map_source {
public:
    explicit request_source(Elements elements)
        : elements_(std::move(elements))
    {
    }

    std::optional<std::size_t> total() const override { return elements_.total(); }
    std::optional<run_request> pull() override { return elements_(); }

private:
    Elements elements_;
};

template<class Element, class From>
auto elements_of(From from)
{
    if constexpr (element_range<From, Element>)
        return range_elements<From, Element>(std::move(from));
    else
        return pulled_elements<From, Element>(std::move(from));
}

template<class From>
std::shared_ptr<map_source> source_of_inputs(model_ref model, From from)
{
    auto elements = elements_of<input>(std::move(from));
    return std::make_shared<input_source<decltype(elements)>>(std::move(model), std::move(elements));
}

template<class From>
std::shared_ptr<map_source> source_of_requests(From from)
{
    auto elements = elements_of<run_request>(std::move(from));
    return std::make_shared<request_source<decltype(elements)>>(std::move(elements));
}

} // namespace detail

/// Where inputs can come from: a range whose elements convert to `input`, or a function that gives an `std::optional<input>`, empty
/// behind the last.
template<class T>
concept input_sequence = std::move_constructible<T> && (detail::element_range<T, input> || detail::pull_function<T, input>);

/// Where requests can come from: the same with `run_request`.
template<class T>
concept request_sequence =
    std::move_constructible<T> && (detail::element_range<T, run_request> || detail::pull_function<T, run_request>);

} // namespace replicate

#endif
