#!/usr/bin/env python3
"""Starts the program local_server as a client in another language would, talks to it, and ends it.

    local_server_program.py PROGRAM
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = sys.argv.pop(1)

SCRIPT = {
    'models': {
        'acme/llm': {'required': ['prompt'], 'steps': [{'log': 'loading'}, {'pieces': ['Hello', ' world'], 'each': 1}]},
        'acme/file': {'files': [{'name': 'a.txt', 'type': 'text/plain', 'text': 'abc'}]},
        'acme/broken': {'fail': 'out of memory'},
    },
    'deployments': {'acme/production': 'acme/llm'},
    'faults': [{'for': 'list', 'status': 503, 'times': 1, 'headers': {'retry-after': '7'}}],
    'streams': [{'close_after_done': True}],
    'deliveries': [{'next': 1, 'status': 403}],
}


class LocalServer:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.communicate()[1])
        self.ready = json.loads(line)
        self.context = ssl.create_default_context(cafile=self.ready['ca'])

    def open(self, url, body=None, token=True):
        request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header('Authorization', 'Bearer ' + self.ready['token'])
        if body is not None:
            request.add_header('Content-Type', 'application/json')
        with urllib.request.urlopen(request, context=self.context, timeout=20) as answer:
            return answer.read().decode()

    def call(self, path, body=None):
        return json.loads(self.open(self.ready['api'] + path, body))

    def finish(self, prediction):
        while prediction['status'] not in ('succeeded', 'failed'):
            time.sleep(0.01)
            prediction = self.call('/predictions/' + prediction['id'])
        return prediction

    def counts(self):
        return json.loads(self.open(self.ready['api'].removesuffix('/v1') + '/_/counts', token=False))

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.communicate(timeout=20)
        return self.process.returncode


class Program(unittest.TestCase):
    def start(self, *arguments):
        server = LocalServer(*arguments)
        self.addCleanup(server.stop)
        return server

    def write(self, text):
        file = tempfile.NamedTemporaryFile('w', suffix='.json')
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        return file.name

    def refusal(self, *arguments):
        result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20)
        self.assertEqual(result.returncode, 2, result)
        self.assertEqual(result.stdout, '')
        return result.stderr

    def test_runs_a_scripted_model_streams_it_and_counts(self):
        server = self.start('--script', self.write(json.dumps(SCRIPT)))
        created = server.call('/deployments/acme/production/predictions', {'input': {'prompt': 'x'}})
        ended = server.finish(created)
        self.assertEqual(ended['output'], ['Hello', ' world'])
        self.assertEqual(ended['logs'], 'loading\n')
        self.assertTrue(created['urls']['stream'].startswith(server.ready['stream']))
        stream = server.open(created['urls']['stream'], token=False)
        self.assertIn('data: Hello\n', stream)
        self.assertTrue(stream.endswith('event: done\n' + stream.rsplit('event: done\n')[1]))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            server.call('/models/acme/llm/predictions', {'input': {}})
        self.assertEqual(refused.exception.code, 422)
        refused.exception.close()
        broken = server.finish(server.call('/models/acme/broken/predictions', {'input': {}}))
        self.assertEqual(broken['error'], 'out of memory')
        counts = server.counts()
        self.assertEqual(counts['predictions'], 2)
        self.assertEqual(counts['create_requests'], 3)
        self.assertEqual(counts['streams'], 1)
        self.assertEqual(counts['creates_by_input'], {'{"prompt":"x"}': 1, '{}': 1})
        self.assertEqual(counts['others'], 0)

    def test_does_the_faults_of_the_script(self):
        server = self.start('--script', self.write(json.dumps(SCRIPT)))
        with self.assertRaises(urllib.error.HTTPError) as failed:
            server.call('/predictions')
        self.assertEqual(failed.exception.code, 503)
        self.assertEqual(failed.exception.headers['retry-after'], '7')
        failed.exception.close()
        self.assertEqual(server.call('/predictions')['results'], [])
        url = server.finish(server.call('/models/acme/file/predictions', {'input': {}}))['output']
        self.assertTrue(url.startswith(server.ready['delivery']))
        with self.assertRaises(urllib.error.HTTPError) as failed:
            server.open(url, token=False)
        self.assertEqual(failed.exception.code, 403)
        failed.exception.close()
        self.assertEqual(server.open(url, token=False), 'abc')

    def test_takes_a_token_and_limits(self):
        server = self.start('--token', 'r8_mine', '--limits', 'create=1,get=600,other=30', '--port', '0')
        self.assertEqual(server.ready['token'], 'r8_mine')
        self.assertEqual(server.call('/webhooks/default/secret')['key'], server.ready['webhook_secret'])
        server.call('/models/test/echo/predictions', {'input': {}})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            server.call('/models/test/echo/predictions', {'input': {}})
        self.assertEqual(refused.exception.code, 429)
        refused.exception.close()

    def test_ends_with_either_signal_and_removes_its_file(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            server = self.start()
            self.assertTrue(os.path.exists(server.ready['ca']))
            self.assertEqual(server.stop(how), 0)
            self.assertFalse(os.path.exists(server.ready['ca']))

    def test_refuses_wrong_arguments(self):
        self.assertIn('--port', self.refusal('--port', '70000'))
        self.assertIn('needs a value', self.refusal('--port'))
        self.assertIn('no option', self.refusal('--prot', '1'))
        self.assertIn('create, get, other', self.refusal('--limits', 'creates=3'))
        self.assertIn('NAME=NUMBER', self.refusal('--limits', 'create'))
        self.assertIn('cannot be read', self.refusal('--script', '/nowhere.json'))

    def test_says_where_a_script_is_wrong(self):
        for script, place, reason in (
            ('{"models": ', 'byte 11', 'JSON'),
            ('{} x', 'byte', 'JSON'),
            ('[]', 'script', 'an object'),
            ('{"modles": {}}', 'script.modles', 'no such member'),
            ('{"models": {"llm": {}}}', 'script.models["llm"]', 'owner/name'),
            ('{"models": {"a/b": {"steps": [{"log": "x"}, {"run": "x"}]}}}', 'script.models["a/b"].steps[1].run', 'milliseconds'),
            ('{"models": {"a/b": {"steps": [{}]}}}', 'script.models["a/b"].steps[0]', 'one of log'),
            ('{"models": {"a/b": {"files": [{"base64": "?"}]}}}', '.files[0].base64', 'base64'),
            ('{"models": {"a/b": {"files": [{"path": "/nowhere"}]}}}', '.files[0].path', '/nowhere'),
            ('{"models": {"a/b": {"stream": "yes"}}}', '.stream', 'automatic'),
            ('{"deployments": {"a/b": "c/d"}}', 'script.deployments["a/b"]', 'c/d'),
            ('{"faults": [{"for": "creation"}]}', 'script.faults[0].for', 'create'),
            ('{"faults": [{"status": 99}]}', 'script.faults[0].status', '599'),
            ('{"faults": [{"times": 0}]}', 'script.faults[0]', 'begin with 1'),
            ('{"faults": [{"do": "explode"}]}', 'script.faults[0].do', 'garbage'),
            ('{"streams": [{"cut_after_bytes": -1}]}', 'script.streams[0].cut_after_bytes', 'whole number'),
            ('{"deliveries": [{"reset": 1}]}', 'script.deliveries[0].reset', 'true or false'),
            ('{"webhooks": {"retry": 1}}', 'script.webhooks.retry', 'retries'),
        ):
            with self.subTest(script=script):
                said = self.refusal('--script', self.write(script))
                self.assertIn(place, said)
                self.assertIn(reason, said)

    def test_helps(self):
        result = subprocess.run([PROGRAM, '--help'], capture_output=True, text=True, timeout=20)
        self.assertEqual(result.returncode, 0)
        self.assertIn('--script', result.stdout)


if __name__ == '__main__':
    unittest.main()
