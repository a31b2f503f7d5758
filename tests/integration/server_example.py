#!/usr/bin/env python3
# Copyright (c) 2026 The replicate authors
# Distributed under the Boost Software License, Version 1.0.
# (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)
"""The example 11_server, with curl as its clients and the program local_server as the service behind it.

    server_example.py PROGRAM LOCAL_SERVER

Ends with 77, which ctest takes for skipped, and says why, where there is no curl or a program was not built.
"""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

SKIPPED = 77
AMPLE = 30  # seconds: what is to happen at once, on a slow machine
PIECES = [f'piece {i} ' for i in range(6)]
SCRIPT = {
    'models': {
        'acme/slow': {'steps': [{'pieces': PIECES, 'each': 300}]},
        'acme/endless': {'steps': [{'pieces': ['begin '] + ['more '] * 600, 'each': 100}]},
        'acme/lines': {'steps': [{'pieces': ['one\ntwo', '\n', 'three'], 'each': 10}]},
        'acme/broken': {'steps': [{'run': 20}], 'fail': 'out of memory', 'stream': 'text'},
        'acme/half': {'steps': [{'pieces': ['half'], 'each': 10}, {'run': 20}], 'fail': 'out of memory'},
        'acme/mute': {'steps': [{'run': 20}], 'stream': 'none'},
        'acme/cold': {'boot': 600_000, 'steps': [{'pieces': ['a'], 'each': 1}]},
        'acme/picky': {'required': ['seed'], 'steps': [{'pieces': ['a'], 'each': 1}]},
    },
}


def skip(reason):
    print(f'skipped: {reason}')
    sys.exit(SKIPPED)


class Process:
    """A program under way, of whose output a first line tells that it is ready."""

    def __init__(self, command, environment, ready):
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.said = ''
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f'{command} has ended: {self.said}')
            self.said += line
            found = re.search(ready, line)
            if found:
                self.ready = found.group(1)
                break

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(AMPLE)
        finally:
            self.process.kill()
            self.said += self.process.stdout.read()
            self.process.stdout.close()
        return code


class Service:
    """The local server, and what it has seen."""

    def __init__(self, program, directory, environment, faults=()):
        script = os.path.join(directory, 'script.json')
        with open(script, 'w', encoding='utf-8') as file:
            json.dump(dict(SCRIPT, faults=list(faults)), file)
        self.process = Process([program, '--script', script], environment, r'^(\{.*\})')
        self.told = json.loads(self.process.ready)
        self.context = ssl.create_default_context(cafile=self.told['ca'])

    def get(self, path):
        request = urllib.request.Request(self.told['api'] + path, headers={'Authorization': 'Bearer ' + self.told['token']})
        with urllib.request.urlopen(request, context=self.context, timeout=AMPLE) as answer:
            return json.loads(answer.read())

    def predictions(self, model):
        return [each for each in self.get('/predictions')['results'] if each['model'] == model]

    def wait_for_status(self, model, status):
        limit = time.monotonic() + AMPLE
        while time.monotonic() < limit:
            found = self.predictions(model)
            if found and all(each['status'] == status for each in found):
                return found
            time.sleep(0.02)
        raise AssertionError(f'{model}: {[each["status"] for each in self.predictions(model)]}, not {status}')


def clean_environment():
    """The proxy of the machine, and a token of its user, are not for this."""
    return {name: value for name, value in os.environ.items()
            if 'proxy' not in name.lower() and not name.startswith('REPLICATE_') and not name.startswith('SSL_CERT')}


class ServerExample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.environment = clean_environment()
        cls.service = Service(LOCAL_SERVER, cls.directory.name, cls.environment)
        cls.with_service = cls.environment_for(cls.service)
        cls.server = cls.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.service.process.stop()
        cls.directory.cleanup()

    @classmethod
    def environment_for(cls, service):
        told = service.told
        return dict(cls.environment, REPLICATE_API_TOKEN=told['token'], REPLICATE_BASE_URL=told['api'],
                    SSL_CERT_FILE=told['ca'], NO_PROXY='127.0.0.1')

    @classmethod
    def start(cls, *arguments, environment=None):
        return Process([PROGRAM, *arguments], environment or cls.with_service, r'listening on (http://\S+)')

    def command(self, path, *arguments, server=None):
        return ['curl', '--silent', '--show-error', '--no-buffer', '--max-time', '60', *arguments,
                (server or self.server).ready + path]

    def curl(self, path, *arguments, server=None):
        """(status, content type, body)"""
        done = subprocess.run(self.command(path, '--write-out', '\n%{http_code} %{content_type}', *arguments, server=server),
                              capture_output=True, text=True, env=self.environment, timeout=90)
        body, _, last = done.stdout.rpartition('\n')
        status, _, content_type = last.partition(' ')
        return int(status), content_type, body

    def generate(self, model, *arguments, server=None):
        return self.curl('/generate', '--data', json.dumps({'prompt': 'Hello', 'model': model}), *arguments, server=server)

    def begin(self, model, *arguments, server=None):
        """A client that reads while it comes."""
        body = json.dumps({'prompt': 'Hello', 'model': model})
        return subprocess.Popen(self.command('/generate', '--data', body, *arguments, server=server), stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=self.environment)

    def check_problem(self, answer, status):
        self.assertEqual(answer[0], status, answer)
        self.assertEqual(answer[1], 'application/problem+json')
        document = json.loads(answer[2])
        self.assertEqual(document['status'], status)
        self.assertTrue(document['detail'])
        self.assertNotIn(self.service.told['token'], answer[2])
        return document

    def test_pieces_come_one_by_one(self):
        client = self.begin('acme/slow')
        times, text = [], b''
        while True:
            piece = os.read(client.stdout.fileno(), 4096)
            if not piece:
                break
            times.append(time.monotonic())
            text += piece
        client.stdout.close()
        self.assertEqual(client.wait(AMPLE), 0)
        self.assertEqual(text.decode(), ''.join(PIECES))
        # 300 ms lie between them at the server: they cannot all have come at the end.
        self.assertGreater(len(times), 2)
        self.assertGreater(times[-1] - times[0], 0.6)

    def test_server_sent_events(self):
        status, content_type, body = self.generate('acme/lines', '--header', 'Accept: text/event-stream')
        self.assertEqual((status, content_type), (200, 'text/event-stream'))
        events = [event.split('\n') for event in body.strip('\n').split('\n\n')]
        text = ''.join('\n'.join(line[6:] for line in event[1:]) for event in events if event[0] == 'event: output')
        self.assertEqual(text, 'one\ntwo\nthree')
        self.assertEqual(events[-1][0], 'event: done')
        self.assertEqual(events[-1][1], 'data: ' + self.service.predictions('acme/lines')[0]['id'])

    def test_two_clients_at_once(self):
        began = time.monotonic()
        clients = [self.begin('acme/slow') for _ in range(2)]
        texts = [client.communicate(timeout=AMPLE)[0].decode() for client in clients]
        self.assertEqual(texts, [''.join(PIECES)] * 2)
        self.assertEqual([client.returncode for client in clients], [0, 0])
        alone = 0.3 * len(PIECES)
        self.assertGreater(time.monotonic() - began, 0.8 * alone)
        times = [(each['started_at'], each['completed_at']) for each in self.service.predictions('acme/slow')[:2]]
        self.assertLess(max(start for start, _ in times), min(end for _, end in times), 'one after the other')

    def test_a_client_that_is_killed_cancels_its_prediction(self):
        client = self.begin('acme/endless')
        self.assertTrue(os.read(client.stdout.fileno(), 4096))
        self.assertEqual(self.service.predictions('acme/endless')[0]['status'], 'processing')
        client.kill()
        client.wait(AMPLE)
        client.stdout.close()
        self.service.wait_for_status('acme/endless', 'canceled')
        self.assertIn('replicate_requests_in_flight', self.curl('/metrics')[2])

    def test_a_client_that_is_killed_before_the_first_piece_does_so_too(self):
        client = self.begin('acme/cold')
        self.service.wait_for_status('acme/cold', 'starting')
        client.kill()
        client.wait(AMPLE)
        client.stdout.close()
        self.service.wait_for_status('acme/cold', 'canceled')

    def test_bad_requests(self):
        for body in ('no json', '[]', '{}', '{"prompt": ""}', '{"prompt": 7}', '{"prompt": "a", "other": "b"}',
                     '{"prompt": "a", "model": "no model"}'):
            self.check_problem(self.curl('/generate', '--data', body), 400)
        self.check_problem(self.curl('/nothing'), 404)
        self.check_problem(self.curl('/generate'), 405)
        self.check_problem(self.curl('/metrics', '--data', 'x'), 405)

    def test_a_large_body_is_refused(self):
        large = os.path.join(self.directory.name, 'large.json')
        with open(large, 'w', encoding='utf-8') as file:
            json.dump({'prompt': 'a' * 3_000_000}, file)
        self.check_problem(self.curl('/generate', '--data', '@' + large), 413)
        self.check_problem(self.curl('/generate', '--header', 'Transfer-Encoding: chunked', '--data', '@' + large), 413)

    def test_failures_of_the_model(self):
        self.check_problem(self.generate('acme/broken'), 502)
        self.check_problem(self.generate('acme/mute'), 422)
        document = self.check_problem(self.generate('acme/picky'), 422)
        self.assertIn('seed', document['detail'])
        self.check_problem(self.generate('acme/unknown'), 422)

    def test_troubles_of_the_server_are_not_told(self):
        for fault, status in ((402, 503), (401, 503), (521, 502)):
            with tempfile.TemporaryDirectory() as directory:
                service = Service(LOCAL_SERVER, directory, self.environment,
                                  [{'for': 'create', 'always': True, 'status': fault}])
                server = self.start('--requests', '2', environment=self.environment_for(service))
                document = self.check_problem(self.generate('acme/lines', server=server), status)
                self.assertNotIn(str(fault), document['detail'])
                headers = self.generate('acme/lines', '--dump-header', '-', server=server)[2]
                self.assertEqual('retry-after: 5' in headers.lower(), status == 503, headers)
                self.assertEqual(server.process.wait(AMPLE), 0)
                server.stop()
                service.process.stop()

    def test_a_failure_in_the_middle_is_no_quiet_end(self):
        client = self.begin('acme/half')
        text = client.communicate(timeout=AMPLE)[0].decode()
        self.assertEqual(text, 'half')
        self.assertEqual(client.returncode, 18, 'curl: a partial file')
        status, _, body = self.generate('acme/half', '--header', 'Accept: text/event-stream')
        self.assertEqual(status, 200)
        self.assertIn('event: error\ndata: {', body)
        self.assertNotIn('event: done', body)

    def test_metrics(self):
        self.generate('acme/lines')
        status, content_type, body = self.curl('/metrics')
        self.assertEqual((status, content_type), (200, 'text/plain; version=0.0.4'))
        created = re.search(r'^replicate_predictions_created_total (\S+)$', body, re.M)
        self.assertGreaterEqual(float(created.group(1)), 1)

    def test_it_ends_after_as_many_requests_as_told(self):
        server = self.start('--requests', '2')
        self.assertEqual(self.generate('acme/lines', server=server)[0], 200)
        self.assertEqual(self.curl('/metrics', server=server)[0], 200)
        self.assertEqual(server.process.wait(AMPLE), 0)
        server.stop()

    def test_signals_let_what_goes_on_end(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            server = self.start()
            client = self.begin('acme/slow', server=server)
            first = os.read(client.stdout.fileno(), 4096)
            server.process.send_signal(how)
            rest = client.communicate(timeout=AMPLE)[0]
            self.assertEqual((first + rest).decode(), ''.join(PIECES))
            self.assertEqual(server.process.wait(AMPLE), 0)
            server.stop()

    def test_a_signal_does_not_wait_for_ever(self):
        server = self.start()
        client = self.begin('acme/endless', server=server)
        self.assertTrue(os.read(client.stdout.fileno(), 4096))
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertGreater(time.monotonic() - began, 4)
        client.communicate(timeout=AMPLE)
        self.service.wait_for_status('acme/endless', 'canceled')

    def test_without_a_token_a_local_server_answers(self):
        server = Process([PROGRAM, '--requests', '1'], self.environment, r'listening on (http://\S+)')
        self.assertIn('REPLICATE_API_TOKEN is not set: a local server answers', server.said)
        status, _, body = self.curl('/generate', '--data', '{"prompt": "llamas"}', server=server)
        self.assertEqual(status, 200)
        self.assertIn('local server', body)
        self.assertEqual(server.process.wait(AMPLE), 0)
        server.stop()

    def test_bad_arguments(self):
        for arguments in (['--port'], ['--port', '70000'], ['--nothing', '1'], ['--requests', 'x']):
            done = subprocess.run([PROGRAM, *arguments], capture_output=True, env=self.with_service, timeout=AMPLE)
            self.assertEqual(done.returncode, 1, arguments)


if __name__ == '__main__':
    PROGRAM, LOCAL_SERVER = sys.argv.pop(1), sys.argv.pop(1)
    if not shutil.which('curl'):
        skip('there is no curl on this machine')
    for needed in (PROGRAM, LOCAL_SERVER):
        if not os.access(needed, os.X_OK):
            skip(f'{needed} has not been built')
    unittest.main()
