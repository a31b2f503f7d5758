// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/client.hpp>
#include <replicate/config.hpp>
#include <replicate/diagnostics.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>
#include <replicate/input_field.hpp>
#include <replicate/input_violation.hpp>
#include <replicate/list_options.hpp>
#include <replicate/log_reader.hpp>
#include <replicate/output.hpp>
#include <replicate/page.hpp>
#include <replicate/prediction.hpp>
#include <replicate/predictions.hpp>
#include <replicate/run_options.hpp>
#include <replicate/run_update.hpp>
#include <replicate/testing/proxy.hpp>
#include <replicate/testing/server.hpp>
#include <replicate/webhook_delivery.hpp>
#include <replicate/webhook_listener_options.hpp>

#include <doctest/doctest.h>

#include <type_traits>

// g++ 12 destroys an aggregate twice that is made in place, or by a default argument, in an expression with `co_await`
// (GCC bug 107288). A constructor, even a defaulted one, is enough of a cure. Every class that a user can write as an
// argument of a call, and every class that a call returns, belongs into this list.
TEST_CASE_TEMPLATE("no parameter or result is an aggregate", Type,
    // what is passed
    replicate::input,
    replicate::input_value,
    replicate::model_ref,
    replicate::deployment,
    replicate::call_options,
    replicate::run_options,
    replicate::wait_options,
    replicate::create_options,
    replicate::list_options,
    replicate::prediction_list_options,
    replicate::model_list_options,
    replicate::search_options,
    replicate::secret_options,
    replicate::new_deployment,
    replicate::deployment_update,
    replicate::new_model,
    replicate::model_update,
    replicate::new_training,
    replicate::wait,
    replicate::config,
    replicate::tls_config,
    replicate::proxy_config,
    replicate::timeout_config,
    replicate::pool_config,
    replicate::retry_config,
    replicate::limits_config,
    replicate::log_config,
    replicate::scheduler_config,
    replicate::rate_options,
    replicate::file_config,
    replicate::file_source,
    replicate::upload_options,
    replicate::save_options,
    replicate::download_options,
    replicate::diagnostics,
    replicate::client,
    replicate::account_resource,
    replicate::collections_resource,
    replicate::deployments_resource,
    replicate::files_resource,
    replicate::hardware_resource,
    replicate::models_resource,
    replicate::versions_resource,
    replicate::model_examples,
    replicate::model_search,
    replicate::predictions_resource,
    replicate::trainings_resource,
    replicate::webhooks_resource,
    // what comes back
    replicate::output,
    replicate::file_output,
    replicate::saved_file,
    replicate::prediction,
    replicate::prediction_metrics,
    replicate::prediction_urls,
    replicate::account,
    replicate::collection,
    replicate::deployment_info,
    replicate::uploaded_file,
    replicate::file_content,
    replicate::hardware,
    replicate::model,
    replicate::model_version,
    replicate::model_readme,
    replicate::search_result,
    replicate::training,
    replicate::webhook_secret,
    replicate::webhook_delivery,
    replicate::webhook_listener_options,
    replicate::client_metrics,
    replicate::log_record,
    replicate::run_update,
    replicate::log_reader,
    replicate::input_field,
    replicate::input_violation,
    replicate::response_meta,
    replicate::page_sequence<replicate::model>,
    replicate::page<replicate::prediction>,
    replicate::problem,
    replicate::invalid_field,
    replicate::invalid_pointer,
    // the local server's
    replicate::testing::server_options,
    replicate::testing::rate_options,
    replicate::testing::proxy_options,
    replicate::testing::credentials,
    replicate::testing::certificate_request,
    replicate::testing::script,
    replicate::testing::snapshot,
    replicate::testing::early_end,
    replicate::testing::output_file,
    replicate::testing::invalid_field,
    replicate::testing::fault,
    replicate::testing::fault_description,
    replicate::testing::recorded_request,
    replicate::testing::server_counts,
    replicate::testing::proxy_counts)
{
    CHECK_FALSE(std::is_aggregate_v<Type>);
}

// `co_spawn` of an `awaitable<T>`, and a completion that brings an error, need a T that can be made from nothing.
TEST_CASE_TEMPLATE("every result can be made from nothing", Type,
    replicate::output,
    replicate::file_output,
    replicate::account,
    replicate::collection,
    replicate::deployment_info,
    replicate::uploaded_file,
    replicate::file_content,
    replicate::saved_file,
    replicate::hardware,
    replicate::model,
    replicate::model_version,
    replicate::model_readme,
    replicate::search_result,
    replicate::training,
    replicate::webhook_secret,
    replicate::webhook_delivery,
    replicate::response_meta,
    replicate::page_sequence<replicate::model>,
    replicate::page<replicate::prediction>,
    replicate::prediction)
{
    CHECK(std::is_default_constructible_v<Type>);
}
