// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CONFIG_HPP
#define REPLICATE_CONFIG_HPP

#include <replicate/account_limits.hpp>
#include <replicate/client_observer.hpp>
#include <replicate/create_gate.hpp>
#include <replicate/file_source.hpp>
#include <replicate/log.hpp>
#include <replicate/retry_config.hpp>
#include <replicate/scheduler_config.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace replicate {

/// How TLS is done. Certificate and host name are always verified; TLS 1.2 is the least.
class tls_config {
public:
    /// Certificates (PEM) trusted besides those of the system, which are the ones OpenSSL finds: its built-in paths, or
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set. Default: none.
    std::string certificate_authority;
    /// Trust only `certificate_authority`, not the system's. Default: false.
    bool only_certificate_authority = false;
    /// Resume earlier TLS sessions, which halves the cost of a new connection. 0-RTT is never used, because a request
    /// sent that way could be replayed. Default: true.
    bool session_resumption = true;
    /// Public keys of which one must be in the chain of certificates, from the server's own to its root, by which the API is verified;
    /// in addition to all other verification, so that no other authority of the system's can vouch for it. Each is `sha256/`
    /// and the base64 of the SHA-256 of the SubjectPublicKeyInfo, as HPKP and curl have it:
    /// `openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`.
    /// Otherwise no request leaves; an `error` of `errc::certificate_rejected` says which keys were expected and which were seen. Give the
    /// next key besides the present one, for the day when it is exchanged. They are for the origin of `base_url` alone: other
    /// hosts, those of files and streams for example, have other keys. Default: none, and any key will do.
    std::vector<std::string> pinned_keys;

    /// The defaults.
    tls_config() = default;
};

/// Which proxy to go through. The token never reaches the proxy: it sees a CONNECT to host and port.
class proxy_config {
public:
    /// `http://host:port` or `http://user:password@host:port`; empty for none. `config::from_environment()` takes it from
    /// `HTTPS_PROXY`, else `https_proxy`.
    std::string url;
    /// Hosts reached without it, separated by commas: `localhost,.internal,*.example,10.0.0.1,host:8443`; a name also stands for what
    /// ends in it after a dot, `*` for all. `config::from_environment()` takes it from `NO_PROXY`, else `no_proxy`.
    std::string bypass;

    /// No proxy.
    proxy_config() = default;
};

/// How long each phase of a request may take. Each ends in `errc::timed_out`, and the diagnostics name the phase; the
/// whole call has its own limit besides. All are above zero and at most a day.
class timeout_config {
public:
    /// Looking up the addresses of a host. Default 5 s.
    std::chrono::steady_clock::duration resolve = std::chrono::seconds(5);
    /// Connecting, over all addresses, including the proxy's answer. Default 10 s.
    std::chrono::steady_clock::duration connect = std::chrono::seconds(10);
    /// The wait before the next address is tried side by side (RFC 8305). Default 250 ms.
    std::chrono::steady_clock::duration connect_stagger = std::chrono::milliseconds(250);
    /// The TLS handshake. Default 10 s.
    std::chrono::steady_clock::duration handshake = std::chrono::seconds(10);
    /// Sending the request: 30 s, and one second more for each 32 KiB of it.
    std::chrono::steady_clock::duration write = std::chrono::seconds(30);
    /// From the end of the request to the end of the answer's header; what a sync create asks the service to wait
    /// (`Prefer: wait=n`) is added. Default 30 s.
    std::chrono::steady_clock::duration response = std::chrono::seconds(30);
    /// The body of the answer: so long, and one second more for each 32 KiB of it. Default 30 s.
    std::chrono::steady_clock::duration read = std::chrono::seconds(30);
    /// Waiting for its turn, before a request is sent; each time. That is no time of the network, and may be long where many wait, or
    /// the service asks for patience; the call's own limit counts it too. Default 24 h: that limit alone.
    std::chrono::steady_clock::duration queue = std::chrono::hours(24);
    /// A whole call of one request, with its retries, unless the call says otherwise. Default 2 min.
    std::chrono::steady_clock::duration call = std::chrono::minutes(2);
    /// A whole `run`, unless the call says otherwise. The service ends a prediction after 30 minutes of running; its
    /// queue has no limit. Default 1 h.
    std::chrono::steady_clock::duration run = std::chrono::hours(1);
    /// What a call that was cancelled, or whose time is up, may still spend in the background to cancel its
    /// prediction, after the service has told its id and its turn has come: of thousands that are left at once, 32 are cancelled at a
    /// time, at the rate that the service takes, unless it has stopped answering. Default 5 s.
    std::chrono::steady_clock::duration remote_cancel = std::chrono::seconds(5);

    /// The defaults.
    timeout_config() = default;
};

/// How connections are kept. Idle ones are closed at the next use of the pool or when the client ends: no timer
/// runs for them, so `io_context::run()` returns when the work is done.
class pool_config {
public:
    /// The most connections to one origin; further requests wait in order. Each sync wait holds one. At least 1. Default 128.
    std::size_t connections_per_origin = 128;
    /// An idle connection is not used again after so long. Default 55 s, less than the minute after which middle boxes forget.
    std::chrono::steady_clock::duration idle_timeout = std::chrono::seconds(55);
    /// A connection is not used again so long after it was opened, so that a change of address is noticed. Default 10 min.
    std::chrono::steady_clock::duration maximum_age = std::chrono::minutes(10);

    /// The defaults.
    pool_config() = default;
};

/// How the prediction of a create is looked for whose answer was lost, so that it is neither paid for twice nor lost: in the list of
/// predictions, by what was asked for and when.
class reconcile_config {
public:
    /// When to look first, after the loss; each further look is about twice as long after it. Default 1 s, at least 1 ms.
    std::chrono::steady_clock::duration first_look = std::chrono::seconds(1);
    /// When to look last: the list may lag behind. Longer only where the list cannot be read, or where what is found may belong to a
    /// request whose answer is still to come. Zero: nothing is looked for, and the call fails at once. Default 35 s, at most an hour.
    std::chrono::steady_clock::duration give_up_after = std::chrono::seconds(35);
    /// How much the clocks of the service may differ among themselves: a prediction may be so much older than the request that it came
    /// of. Default 5 s, not negative.
    std::chrono::steady_clock::duration clock_margin = std::chrono::seconds(5);
    /// The most pages of the list, of 100 predictions each, that are read for one look. At least 1. Default 50.
    std::size_t pages = 50;

    /// The defaults.
    reconcile_config() = default;
};

/// Bounds on what a client takes from a server.
class limits_config {
public:
    /// The most runs that hold a connection until their prediction has ended (`wait::sync`), which is the fastest way to a result; further ones
    /// are created without, and waited for together by polls. Never more than three quarters of `pool_config::connections_per_origin`; a quarter
    /// of them is kept for runs of `priority::interactive`. 0: none. Default 100.
    std::size_t sync_waits = 100;
    /// The largest header of an answer, in bytes. Default 64 KiB.
    std::size_t header_bytes = 64 * 1024;
    /// The largest JSON answer, in bytes. Default 32 MiB.
    std::size_t body_bytes = 32 * 1024 * 1024;
    /// The largest file that `file_output::async_read` takes into memory, in bytes. Default 256 MiB. What is saved or passed on
    /// piece by piece has no such limit.
    std::size_t download_bytes = 256 * 1024 * 1024;

    /// The defaults.
    limits_config() = default;
};

/// How files in the input of a model are sent.
enum class file_strategy {
    /// Small ones within the input, as data URIs; others are uploaded first. See `file_config::inline_bytes`.
    automatic,
    /// All within the input. The service may refuse an input of many megabytes.
    within_input,
    /// All are uploaded first.
    upload
};

/// What is done with files.
class file_config {
public:
    /// How files in an input are sent. Default: `automatic`.
    file_strategy strategy = file_strategy::automatic;
    /// For `automatic`: the largest file that goes within the input, in bytes. Default 256,000, as the service advises.
    std::size_t inline_bytes = 256'000;
    /// The most uploads, and the most readings of files of the input, at once; further ones wait in order. At least 1. Default 4.
    std::size_t parallel_uploads = 4;
    /// The most downloads of output files at once; further ones wait in order. At least 1. Default 8.
    std::size_t parallel_downloads = 8;
    /// Uses an upload again for the same bytes of the same media type, in any input, until it expires. Default: true.
    bool share_uploads = true;
    /// An upload is not used again so long before it expires (the service deletes it an hour or a day after it came), because
    /// the prediction may have to wait for its turn. Default 10 min; not negative.
    std::chrono::steady_clock::duration expiry_margin = std::chrono::minutes(10);
    /// Puts a file of an input elsewhere that is larger than the service takes (100 MB), where it can be read by https (a signed PUT to a
    /// store of one's own, say), and tells its URL, or what went wrong, by calling the function that it is given: once, from any
    /// thread. It is called on the client's strand, which it must not block;
    /// and it must not answer while the client's execution context is being destroyed. Default: none; then such a file is an `error` of
    /// `errc::file_too_large`.
    std::function<void(file_source, std::function<void(std::exception_ptr, std::string)>)> place_large_file;
    /// Hosts that deliver output files and streams besides the service's own, separated by commas: each a host, or `host:port`.
    /// One that refuses a file or a stream (401, 403) is asked once more with the token, by https only; so
    /// name none that is not to know it. Default: none.
    std::string delivery_hosts;

    /// The defaults.
    file_config() = default;
};

/// All that a client can be told. A plain value: fill it, then make a `client` of it, which checks it (an `error` of
/// `errc::invalid_configuration` names the member) and keeps a copy.
class config {
public:
    /// The API token, from https://replicate.com/account/api-tokens . It is sent to the origin of `base_url` alone, and
    /// stands in no message.
    std::string token;
    /// Where set, called for each request instead of using `token`; for tokens that change. Called on the client's
    /// strand, must not block; what it throws ends the call, but for a `run` whose prediction exists already: that asks again later.
    std::function<std::string()> token_source;
    /// The API. `https` only, unless `allow_insecure`; `/v1` is added where the path is empty; a path prefix is kept.
    std::string base_url = "https://api.replicate.com/v1";
    /// Allows a `base_url` with `http` if its host is this machine (127.0.0.0/8, ::1, localhost). Default: false.
    bool allow_insecure = false;
    /// The header User-Agent.
    std::string user_agent = default_user_agent();
    /// TLS.
    tls_config tls;
    /// The proxy.
    proxy_config proxy;
    /// Time limits.
    timeout_config timeouts;
    /// Connections.
    pool_config pool;
    /// Repetition.
    retry_config retry;
    /// What becomes of creates whose answer was lost.
    reconcile_config reconcile;
    /// Bounds.
    limits_config limits;
    /// When calls may go, in which order, and how many predictions at once.
    scheduler_config scheduler;
    /// Where set, the rate limits are known together with the other clients that have the same. Default: the client's own.
    std::optional<account_limits> account;
    /// Where set, each request that creates a prediction asks it besides, as last of all before it is sent: for limits that several
    /// processes keep together. Default: none.
    std::shared_ptr<create_gate> gate;
    /// Files.
    file_config files;
    /// Where set, hears what the client does. Kept as long as the client; it must not keep the client alive in turn. Default: none.
    std::shared_ptr<client_observer> observer;
    /// What is logged. Default: nothing.
    log_config log;

    /// The defaults, without a token.
    config() = default;

    /// The defaults with what the environment says: `REPLICATE_API_TOKEN`, `REPLICATE_BASE_URL`, `HTTPS_PROXY`, `NO_PROXY`.
    /// Reads the environment of the process, so no other thread may change that at the same time. A missing token is
    /// reported when a client is made.
    static config from_environment();

    /// The same, with another environment: `lookup` gives the value of a variable, or null.
    static config from_environment(std::function<char const*(char const*)> const& lookup);

    /// `replicate-cpp/` and the version.
    static std::string default_user_agent();
};

} // namespace replicate

#include <replicate/detail/config_environment.hpp>

#endif
