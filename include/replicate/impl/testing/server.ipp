// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SERVER_IPP
#define REPLICATE_IMPL_TESTING_SERVER_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/default_models.hpp>
#include <replicate/impl/testing/fault_plan.hpp>
#include <replicate/impl/testing/listener.hpp>
#include <replicate/impl/testing/runner.hpp>
#include <replicate/impl/testing/server_state.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace replicate::testing {

// The connections share the state too, so that a server may end before its last handlers have run.
class server::runtime {
public:
    runtime(std::optional<boost::asio::any_io_executor> executor, server_options options)
        : runner_(std::move(executor))
    {
        credentials const shown = options.certificate ? *options.certificate : authority_.issue();
        state_ = std::make_shared<detail::server_state>(runner_.executor(), std::move(options), shown);
        state_->webhook_tls.add_certificate_authority(boost::asio::buffer(authority_.certificate()));
        detail::add_default_models(state_->core.models);
        state_->listen();
        for (detail::origin const listener : {detail::origin::api, detail::origin::delivery, detail::origin::stream})
            boost::asio::co_spawn(
                state_->executor, detail::accept_connections(state_, listener), boost::asio::detached);
        runner_.start();
    }

    ~runtime()
    {
        runner_.stop([state = state_] { state->stop(); });
    }

    runtime(runtime const&) = delete;
    runtime& operator=(runtime const&) = delete;

    detail::server_state& state() const noexcept { return *state_; }
    std::shared_ptr<detail::server_state> const& shared_state() const noexcept { return state_; }
    testing::certificate_authority const& authority() const noexcept { return authority_; }

    fault_point point(detail::fault_rule::scope scope, operation kind) const
    {
        return point(std::make_shared<detail::fault_rule>(scope, kind));
    }

    fault_point point(std::shared_ptr<detail::fault_rule> rule) const
    {
        return fault_point(state_->faults, std::move(rule));
    }

private:
    testing::certificate_authority authority_;
    // Before the state, which lives on it: the last member is destroyed first.
    detail::runner runner_;
    std::shared_ptr<detail::server_state> state_;
};

REPLICATE_DECL server::server(server_options options)
    : runtime_(std::make_unique<runtime>(std::nullopt, std::move(options)))
{
}

REPLICATE_DECL server::server(boost::asio::any_io_executor executor, server_options options)
    : runtime_(std::make_unique<runtime>(std::move(executor), std::move(options)))
{
}

REPLICATE_DECL server::~server() = default;

REPLICATE_DECL std::string server::base_url() const
{
    return runtime_->state().core.base_url;
}

REPLICATE_DECL std::string server::delivery_url() const
{
    return runtime_->state().core.delivery_url;
}

REPLICATE_DECL std::string server::stream_url() const
{
    return runtime_->state().core.stream_url;
}

REPLICATE_DECL std::uint16_t server::port() const noexcept
{
    return runtime_->state().api_port;
}

REPLICATE_DECL std::string server::token() const
{
    return runtime_->state().core.options.token;
}

REPLICATE_DECL std::string server::certificate_authority() const
{
    return runtime_->authority().certificate();
}

REPLICATE_DECL replicate::config server::config() const
{
    replicate::config made;
    made.base_url = base_url();
    made.token = token();
    made.tls.certificate_authority = certificate_authority();
    // Of limits that there are not a client would learn by trying, and that takes it minutes.
    constexpr double plenty = 1e8;
    testing::rate_options const& rates = runtime_->state().core.options.rates;
    if (!rates.creates_per_minute && !rates.low_credit)
        made.scheduler.rate.creates_per_minute = plenty;
    if (!rates.gets_per_minute)
        made.scheduler.rate.gets_per_minute = plenty;
    if (!rates.others_per_minute)
        made.scheduler.rate.others_per_minute = plenty;
    return made;
}

REPLICATE_DECL void server::model(std::string_view name, model_function function)
{
    runtime_->state().core.models.add(name, std::move(function));
}

REPLICATE_DECL void server::model_schema(std::string_view name, json::object const& schema)
{
    runtime_->state().core.models.set_schema(std::string(name), json::serialize(schema));
}

REPLICATE_DECL void server::training(std::string_view name, model_function function)
{
    runtime_->state().core.models.set_trainer(std::string(name), std::move(function));
}

REPLICATE_DECL std::string server::webhook_secret() const
{
    return runtime_->state().core.webhook_secret;
}

REPLICATE_DECL std::string server::file_signing_secret() const
{
    return runtime_->state().core.file_signing_secret;
}

REPLICATE_DECL std::optional<input_file> server::open_input(std::string_view url) const
{
    return runtime_->state().core.open_input(url, detail::moment::now());
}

REPLICATE_DECL std::string server::version(std::string_view name) const
{
    runtime_->state().core.settle(detail::moment::now());
    auto const found = runtime_->state().core.models.by_name(std::string(name));
    return found ? found->version : std::string();
}

REPLICATE_DECL void server::deployment(std::string_view name, std::string_view model_name)
{
    detail::deployment_record made;
    made.name = name;
    made.model = model_name;
    made.created = made.released = detail::moment::now().system;
    runtime_->state().core.deployments.add(std::move(made), true);
}

REPLICATE_DECL fault_point server::next(operation kind)
{
    return runtime_->point(detail::fault_rule::scope::next, kind);
}

REPLICATE_DECL fault_point server::next_create()
{
    return next(operation::create);
}

REPLICATE_DECL fault_point server::next_get()
{
    return next(operation::get);
}

REPLICATE_DECL fault_point server::next_cancel()
{
    return next(operation::cancel);
}

REPLICATE_DECL fault_point server::next_download()
{
    return next(operation::download);
}

REPLICATE_DECL fault_point server::next_connection()
{
    return next(operation::connection);
}

REPLICATE_DECL fault_point server::always(operation kind)
{
    return runtime_->point(detail::fault_rule::scope::always, kind);
}

REPLICATE_DECL fault_point server::every(std::size_t nth, operation kind)
{
    auto rule = std::make_shared<detail::fault_rule>(detail::fault_rule::scope::every, kind);
    rule->nth = std::max<std::size_t>(nth, 1);
    return runtime_->point(std::move(rule));
}

REPLICATE_DECL fault_point server::when(std::function<bool(recorded_request const&)> condition, operation kind)
{
    auto rule = std::make_shared<detail::fault_rule>(detail::fault_rule::scope::condition, kind);
    rule->condition = std::move(condition);
    return runtime_->point(std::move(rule));
}

REPLICATE_DECL void server::random_faults(
    std::uint64_t seed, double probability, std::vector<fault> choices, operation kind)
{
    auto const rule = std::make_shared<detail::fault_rule>(detail::fault_rule::scope::random, kind);
    runtime_->state().faults->update(rule, [&](detail::fault_rule& changed) {
        changed.generator.seed(seed);
        changed.probability = probability;
        changed.choices = std::move(choices);
    });
}

REPLICATE_DECL void server::clear_faults()
{
    runtime_->state().faults->clear();
}

REPLICATE_DECL void server::next_stream(stream_options chosen, std::size_t count)
{
    runtime_->state().core.streams.options.add(std::move(chosen), count);
}

REPLICATE_DECL void server::every_stream(stream_options chosen)
{
    runtime_->state().core.streams.options.set(std::move(chosen));
}

REPLICATE_DECL void server::next_delivery(delivery_options chosen, std::size_t count)
{
    runtime_->state().core.files.options.add(std::move(chosen), count);
}

REPLICATE_DECL void server::every_delivery(delivery_options chosen)
{
    runtime_->state().core.files.options.set(std::move(chosen));
}

REPLICATE_DECL void server::webhooks(webhook_options chosen)
{
    runtime_->state().core.webhooks.set(std::move(chosen));
}

REPLICATE_DECL void server::point(prediction_link which, std::string origin)
{
    runtime_->state().core.links.point(which, std::move(origin));
}

REPLICATE_DECL credentials server::issue_certificate() const
{
    return runtime_->authority().issue();
}

REPLICATE_DECL server_counts server::counts() const
{
    return runtime_->state().seen.counts();
}

REPLICATE_DECL void server::reset_counts()
{
    runtime_->state().seen.reset();
}

REPLICATE_DECL bool server::wait_until(
    std::function<bool(server_counts const&)> const& condition, std::chrono::steady_clock::duration timeout) const
{
    return runtime_->state().seen.wait_until(condition, timeout);
}

REPLICATE_DECL std::vector<recorded_request> server::requests() const
{
    return runtime_->state().seen.requests();
}

REPLICATE_DECL std::optional<recorded_request> server::last_request(operation kind) const
{
    return runtime_->state().seen.last_request(kind);
}

REPLICATE_DECL std::vector<std::string> server::predictions() const
{
    return runtime_->state().core.predictions.ids();
}

REPLICATE_DECL std::optional<json::object> server::prediction(std::string_view id) const
{
    detail::service const& core = runtime_->state().core;
    auto const record = core.predictions.find(id);
    if (!record)
        return std::nullopt;
    auto const shape =
        core.options.back_end == back_end::web_application ? back_end::web_application : back_end::gateway;
    std::string const text = core.describe(*record, shape, detail::moment::now());
    return json::parse(text, json::storage_ptr(), detail::deep_json()).as_object();
}

REPLICATE_DECL bool server::cancel(std::string_view id)
{
    std::string const ended = runtime_->state().core.cancel(id, detail::moment::now());
    if (ended.empty())
        return false;
    boost::asio::post(runtime_->state().executor, [state = runtime_->shared_state(), ended] { state->wake(ended); });
    return true;
}

REPLICATE_DECL void server::remove_data(std::string_view id)
{
    runtime_->state().core.remove_data(id);
}

REPLICATE_DECL void server::replay(json::array exchanges)
{
    detail::service& core = runtime_->state().core;
    core.recorded.load(exchanges, core.base_url, core.options.base_path);
}

REPLICATE_DECL std::size_t server::replays_left() const
{
    return runtime_->state().core.recorded.left();
}

} // namespace replicate::testing

#endif
