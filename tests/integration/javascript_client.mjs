// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What the service's own JavaScript client does with the local server. Started by javascript_client.py, which says in
// the environment where the server is: SERVER_API, SERVER_TOKEN.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const Replicate = require("replicate");
const { validateWebhook, parseProgressFromLogs } = Replicate;
const replicate = new Replicate({ auth: process.env.SERVER_TOKEN, baseUrl: process.env.SERVER_API });

const llama = "meta/meta-llama-3-8b-instruct";
const sdxl = "stability-ai/sdxl";
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const { username } = await replicate.accounts.current();

let failures = 0;
async function check(name, body) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it took more than 15 s")), 15000);
  });
  try {
    await Promise.race([body(), late]);
    console.log(`passed: ${name}`);
  } catch (failure) {
    failures += 1;
    console.log(`FAILED: ${name}\n${failure.stack}`);
  } finally {
    clearTimeout(timer);
  }
}

async function createModel(name) {
  return replicate.models.create(username, name, { visibility: "private", hardware: "cpu" });
}

async function versionOf(model) {
  const [owner, name] = model.split("/");
  return (await replicate.models.get(owner, name)).latest_version.id;
}

// A server for webhooks: resolves with the requests when one of them tells the end.
function receiveWebhooks() {
  return new Promise((resolve, reject) => {
    const received = [];
    let ended;
    const end = new Promise((finish) => {
      ended = finish;
    });
    const server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), url: request.url });
      response.end();
      if (["succeeded", "failed", "canceled"].includes(JSON.parse(received.at(-1).body).status)) {
        server.close();
        ended(received);
      }
    });
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}/hook?a=b`, end }));
  });
}

await check("run: an official model by name, by a sync answer", async () => {
  const output = await replicate.run(llama, { input: { prompt: "Hello" } });
  assert.ok(output.join("").startsWith('You wrote "Hello"'));
});

await check("run: a version, by polling, with progress", async () => {
  const seen = [];
  const output = await replicate.run(
    `replicate/hello-world:${await versionOf("replicate/hello-world")}`,
    { input: { text: "Alice" }, wait: { mode: "poll", interval: 10 } },
    (prediction) => seen.push(prediction.status)
  );
  assert.equal(output, "hello Alice");
  assert.equal(seen.at(-1), "succeeded");
});

await check("run: an image model gives files, which are read from the delivery origin", async () => {
  const [file] = await replicate.run("black-forest-labs/flux-schnell", {
    input: { prompt: "a llama", width: 32, height: 32 },
    wait: { mode: "poll", interval: 10 },
  });
  const bytes = Buffer.from(await (await file.blob()).arrayBuffer());
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
});

await check("run: a model that fails is an error with its text", async () => {
  await assert.rejects(
    replicate.run("test/fails", { input: {}, wait: { mode: "poll", interval: 10 } }),
    /Prediction failed: CUDA out of memory \(E1001\)/
  );
});

await check("run: an abort cancels the prediction", async () => {
  // The client hands the signal to fetch too, so that what it does depends on when: without a signal there, it cancels.
  const signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
  const patient = new Replicate({
    auth: process.env.SERVER_TOKEN,
    baseUrl: process.env.SERVER_API,
    fetch: (url, options) => fetch(url, { ...options, signal: undefined }),
  });
  const seen = [];
  const options = { input: {}, wait: { mode: "poll", interval: 10 }, signal };
  await patient.run("test/never-ends", options, (prediction) => {
    seen.push(prediction);
    signal.aborted = prediction.status === "processing";
  });
  assert.equal(seen.at(-1).status, "canceled");
  assert.equal((await replicate.predictions.get(seen.at(-1).id)).status, "canceled");
});

await check("errors: an input that does not fit is refused with 422 and the field", async () => {
  await assert.rejects(replicate.run(llama, { input: {} }), (failure) => {
    assert.equal(failure.response.status, 422);
    assert.match(failure.message, /prompt is required/);
    return true;
  });
});

await check("errors: a wrong token is refused with 401", async () => {
  const stranger = new Replicate({ auth: "r8_wrong", baseUrl: process.env.SERVER_API });
  await assert.rejects(stranger.accounts.current(), (failure) => failure.response.status === 401);
});

await check("stream: text comes event by event, then done, and is the output", async () => {
  let text = "";
  const events = [];
  for await (const event of replicate.stream(llama, { input: { prompt: "stream" } })) {
    events.push(event.event);
    text += event.toString();
  }
  assert.equal(events.at(-1), "done");
  assert.ok(events.filter((event) => event === "output").length > 10);
  assert.equal(text, (await replicate.run(llama, { input: { prompt: "stream" } })).join(""));
});

await check("predictions: create, get, wait, cancel, list", async () => {
  const created = await replicate.predictions.create({ model: "test/slow", input: { milliseconds: 50 } });
  const ended = await replicate.wait(created, { interval: 10 });
  assert.equal(ended.output, "slow, but done");
  assert.equal(parseProgressFromLogs(ended).percentage, 1);
  assert.ok(ended.metrics.predict_time > 0);
  const endless = await replicate.predictions.create({ model: "test/never-ends", input: {} });
  assert.equal((await replicate.predictions.cancel(endless.id)).status, "canceled");
  const { results } = await replicate.predictions.list();
  assert.equal(results[0].id, endless.id);
});

await check("files: create, get, list, delete", async () => {
  const bytes = Buffer.from(Array.from({ length: 300000 }, (_, i) => (i * i) % 251));
  const file = await replicate.files.create(new File([bytes], 'a "b" é.bin', { type: "application/x-thing" }), { a: [1] });
  assert.equal(file.name, 'a "b" é.bin');
  assert.equal(file.content_type, "application/x-thing");
  assert.equal(file.size, bytes.length);
  assert.equal(file.checksums.sha256, sha256(bytes));
  assert.deepEqual(file.metadata, { a: [1] });
  assert.deepEqual(await replicate.files.get(file.id), file);
  assert.deepEqual((await replicate.files.list()).results.at(-1), file);
  assert.equal(await replicate.files.delete(file.id), true);
  await assert.rejects(replicate.files.get(file.id), (failure) => failure.response.status === 404);
});

await check("files: one in an input is uploaded, and its link stands in the input", async () => {
  const bytes = Buffer.from("bytes of an input");
  const prediction = await replicate.predictions.create({ model: "test/echo", input: { nested: [{ file: bytes }] } });
  const link = new URL(prediction.input.nested[0].file);
  const file = await replicate.files.get(link.pathname.split("/").pop());
  assert.equal(file.checksums.sha256, sha256(bytes));
});

await check("pagination: every model once, page by page", async () => {
  const names = [];
  let pages = 0;
  for await (const page of replicate.paginate(replicate.models.list)) {
    pages += 1;
    names.push(...page.map((model) => `${model.owner}/${model.name}`));
  }
  assert.ok(pages >= 3);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes(llama) && names.includes("gallery/sketch-60"));
});

await check("models: create, get, list versions, get one, search", async () => {
  const created = await createModel("js-model");
  assert.equal(created.visibility, "private");
  assert.equal((await replicate.models.get(username, "js-model")).latest_version, null);
  const version = await versionOf(sdxl);
  assert.equal((await replicate.models.versions.list("stability-ai", "sdxl")).results[0].id, version);
  const got = await replicate.models.versions.get("stability-ai", "sdxl", version);
  assert.equal(got.openapi_schema.components.schemas.Output.items.format, "uri");
  const found = await replicate.models.search("llama");
  assert.equal(found.results[0].name, "meta-llama-3-8b-instruct");
  await assert.rejects(
    replicate.models.create(username, "js-other", { visibility: "private", hardware: "quantum" }),
    (failure) => failure.response.status === 400
  );
});

await check("collections, hardware", async () => {
  const { results } = await replicate.collections.list();
  const collection = await replicate.collections.get(results[0].slug);
  assert.ok(collection.models.length > 0);
  assert.ok((await replicate.hardware.list()).some((entry) => entry.sku === "cpu"));
});

await check("trainings: create, get until the end, a version comes of it; cancel; list", async () => {
  await createModel("js-trained");
  const version = await versionOf(sdxl);
  const options = { destination: `${username}/js-trained`, input: { input_images: "https://x.example/y.zip" } };
  let training = await replicate.trainings.create("stability-ai", "sdxl", version, options);
  assert.equal(training.status, "starting");
  while (["starting", "processing"].includes(training.status)) training = await replicate.trainings.get(training.id);
  assert.equal(training.status, "succeeded");
  assert.equal(training.output.version, `${username}/js-trained:${await versionOf(`${username}/js-trained`)}`);
  const other = await replicate.trainings.create("stability-ai", "sdxl", version, options);
  assert.equal((await replicate.trainings.cancel(other.id)).status, "canceled");
  assert.equal((await replicate.trainings.list()).results[0].id, other.id);
  await assert.rejects(
    replicate.trainings.create("stability-ai", "sdxl", version, { ...options, destination: "no/where" }),
    (failure) => failure.response.status === 404
  );
});

await check("deployments: create, get, list, update, run, delete", async () => {
  const version = await versionOf("test/echo");
  const settings = { model: "test/echo", version, hardware: "cpu", min_instances: 0, max_instances: 1 };
  const created = await replicate.deployments.create({ name: "js-app", ...settings });
  assert.equal(created.current_release.number, 1);
  assert.equal((await replicate.deployments.get(username, "js-app")).name, "js-app");
  assert.ok((await replicate.deployments.list()).results.some((entry) => entry.name === "js-app"));
  const updated = await replicate.deployments.update(username, "js-app", { max_instances: 2 });
  assert.equal(updated.current_release.number, 2);
  const prediction = await replicate.deployments.predictions.create(username, "js-app", { input: { a: 1 } });
  assert.deepEqual((await replicate.wait(prediction, { interval: 10 })).output, { a: 1 });
  await replicate.deployments.create({ name: "js-unused", ...settings });
  assert.equal(await replicate.deployments.delete(username, "js-unused"), true);
});

await check("webhooks: delivered, and signed so that validateWebhook accepts them", async () => {
  const { key } = await replicate.webhooks.default.secret.get();
  const { url, end } = await receiveWebhooks();
  const prediction = await replicate.predictions.create({
    model: "test/slow",
    input: { milliseconds: 50 },
    webhook: url,
    webhook_events_filter: ["start", "completed"],
  });
  const received = await end;
  assert.ok(received.length >= 1);
  for (const { headers, body, url: path } of received) {
    assert.equal(path, "/hook?a=b");
    assert.equal(await validateWebhook({ headers, body }, key), true);
    assert.equal(await validateWebhook({ headers, body: `${body} ` }, key), false);
  }
  const last = JSON.parse(received.at(-1).body);
  assert.equal(last.id, prediction.id);
  assert.equal(last.output, "slow, but done");
});

console.log(failures === 0 ? "all passed" : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
