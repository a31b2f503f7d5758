// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0. (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_HPP
#define REPLICATE_HPP

#include <replicate/account_limits.hpp>
#include <replicate/catalog.hpp>
#include <replicate/catalog_resources.hpp>
#include <replicate/client.hpp>
#include <replicate/config.hpp>
#include <replicate/deployment.hpp>
#include <replicate/deployments.hpp>
#include <replicate/error.hpp>
#include <replicate/event.hpp>
#include <replicate/file.hpp>
#include <replicate/file_options.hpp>
#include <replicate/file_source.hpp>
#include <replicate/files.hpp>
#include <replicate/http.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>
#include <replicate/input_field.hpp>
#include <replicate/input_violation.hpp>
#include <replicate/list_options.hpp>
#include <replicate/log_reader.hpp>
#include <replicate/listing.hpp>
#include <replicate/map.hpp>
#include <replicate/map_options.hpp>
#include <replicate/map_progress.hpp>
#include <replicate/map_result.hpp>
#include <replicate/model.hpp>
#include <replicate/models.hpp>
#include <replicate/output.hpp>
#include <replicate/page.hpp>
#include <replicate/page_sequence.hpp>
#include <replicate/prediction.hpp>
#include <replicate/predictions.hpp>
#include <replicate/priority.hpp>
#include <replicate/rate_options.hpp>
#include <replicate/resource_options.hpp>
#include <replicate/response_meta.hpp>
#include <replicate/retry_config.hpp>
#include <replicate/run.hpp>
#include <replicate/run_options.hpp>
#include <replicate/run_request.hpp>
#include <replicate/run_update.hpp>
#include <replicate/scheduler_config.hpp>
#include <replicate/search_result.hpp>
#include <replicate/stream.hpp>
#include <replicate/stream_options.hpp>
#include <replicate/training.hpp>
#include <replicate/trainings.hpp>
#include <replicate/version.hpp>
#include <replicate/typed.hpp>
#include <replicate/webhook.hpp>
#include <replicate/webhook_delivery.hpp>
#include <replicate/webhook_event.hpp>
#include <replicate/webhook_listener.hpp>
#include <replicate/webhook_listener_options.hpp>
#include <replicate/webhook_replay.hpp>

#endif
