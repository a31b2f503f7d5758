#!/usr/bin/env python3
# Copyright (c) 2026 The replicate authors
# Distributed under the Boost Software License, Version 1.0.
# (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)
"""The example batch, with the program local_server as the service behind it.

    batch_program.py PROGRAM LOCAL_SERVER

Ends with 77, which ctest takes for skipped, and says why, where a program was not built.
"""

import contextlib
import glob
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

SKIPPED = 77
AMPLE = 60  # seconds: what is to happen at once, on a slow machine
QUICKLY = ['--poll', '0.03']
PIXEL = ('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
SCRIPT = {
    'models': {
        'acme/text': {'steps': [{'run': 20}], 'output': 'hello', 'metrics': {'input_token_count': 3, 'output_token_count': 5}},
        'acme/image': {'steps': [{'run': 10}], 'files': [{'name': 'out.png', 'type': 'image/png', 'base64': PIXEL}]},
        'acme/broken': {'steps': [{'run': 10}], 'fail': 'out of <b>memory</b>'},
        'acme/slow': {'steps': [{'run': 800}], 'output': 'late'},
        'acme/slower': {'steps': [{'run': 2000}], 'output': 'later'},
    },
}


def clean_environment():
    """The proxy of the machine, and a token of its user, are not for this."""
    return {name: value for name, value in os.environ.items()
            if 'proxy' not in name.lower() and not name.startswith(('REPLICATE_', 'SSL_CERT', 'JOB_COMPLETION', 'SLURM_'))
            and name != 'NO_COLOR'}


def row(name, model='acme/text', **values):
    return json.dumps({'custom_id': name, 'model': model, 'input': values or {'prompt': name}})


def bytes_of(path):
    with open(path, 'rb') as file:
        return file.read()


def lines_of(path):
    with open(path, encoding='utf-8') as file:
        return [json.loads(line) for line in file]


class BatchProgram(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp()
        cls.environment = clean_environment()
        script = os.path.join(cls.home, 'script.json')
        with open(script, 'w', encoding='utf-8') as file:
            json.dump(SCRIPT, file)
        cls.server = subprocess.Popen([LOCAL_SERVER, '--script', script], stdout=subprocess.PIPE, text=True, env=cls.environment)
        told = json.loads(cls.server.stdout.readline())
        cls.api, cls.token, cls.context = told['api'], told['token'], ssl.create_default_context(cafile=told['ca'])
        cls.online = dict(cls.environment, REPLICATE_API_TOKEN=told['token'], REPLICATE_BASE_URL=told['api'],
                          SSL_CERT_FILE=told['ca'], NO_PROXY='127.0.0.1')
        cls.said = ''

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait(AMPLE)
        cls.server.stdout.close()
        found = [path for path in glob.glob(cls.home + '/**', recursive=True)
                 if os.path.isfile(path) and cls.token.encode() in bytes_of(path)]
        shutil.rmtree(cls.home)
        assert not found, f'the token stands in {found}'
        assert cls.token not in cls.said, 'the token was told'

    def setUp(self):
        self.place = tempfile.mkdtemp(dir=self.home)

    def path(self, *parts):
        return os.path.join(self.place, *parts)

    def write(self, name, *lines):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(''.join(line + '\n' for line in lines))
        return self.path(name)

    def begin(self, *arguments, environment=None, **options):
        return subprocess.Popen([PROGRAM, *arguments, *QUICKLY], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.place,
                                env=environment or self.online, **options)

    def end(self, process, code):
        text = process.communicate(timeout=AMPLE)[0]
        type(self).said += text
        self.assertEqual(process.returncode, code, text)
        return text

    def batch(self, *arguments, code=0, environment=None, given=None):
        quickly = QUICKLY if 'report' not in arguments else []
        done = subprocess.run([PROGRAM, *arguments, *quickly], input=given, stdin=None if given else subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=self.place, env=environment or self.online, timeout=AMPLE)
        type(self).said += done.stdout
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def creates(self):
        with urllib.request.urlopen(self.api.replace('/v1', '/_/counts'), context=self.context, timeout=AMPLE) as answer:
            return json.loads(answer.read())['creates']

    def wait_for(self, what):
        limit = time.monotonic() + AMPLE
        while not what():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)

    def test_workers_of_a_redis(self):
        if shutil.which('redis-server') is None:
            self.skipTest('redis-server is not there')
        socket = self.path('redis.sock')
        redis = subprocess.Popen(['redis-server', '--port', '0', '--unixsocket', socket, '--dir', self.place, '--appendonly', 'yes',
                                  '--appendfsync', 'always', '--logfile', self.path('redis.log')], env=self.environment)
        try:
            url = f'unix://{socket}?job=night'
            self.wait_for(lambda: os.path.exists(socket))
            rows = self.write('rows.jsonl', *[row(f'row-{number}') for number in range(40)], row('broken', 'acme/broken'))
            self.assertIn('41 submitted, 0 were there, 0 are no rows', self.batch(rows, '--submit', url))
            self.assertIn('0 submitted, 41 were there', self.batch(rows, '--submit', url))
            before = self.creates()
            fast = ['--rps', '1000', '--settle', '1s', '--lease', '1s', '--concurrency', '4']
            workers = [self.begin('--worker', url, '--worker-name', name, '--out', 'job', *fast) for name in 'ab']
            said = [process.communicate(timeout=AMPLE)[0] for process in workers]
            type(self).said += ''.join(said)
            self.assertTrue(all(process.returncode in (0, 3) for process in workers), said)
            results = [each['custom_id'] for name in 'ab' for each in lines_of(self.path('job', 'worker-' + name, 'results.jsonl'))]
            self.assertEqual(sorted(results), sorted(f'row-{number}' for number in range(40)))
            self.assertEqual(self.creates() - before, 41)
        finally:
            redis.kill()
            redis.wait(AMPLE)
        self.assertIn('No such file or directory', self.batch('--worker', 'unix:///nonexistent', code=10))
        self.assertIn('--submit', self.batch('--submit', url, code=2))

    def test_two_processes_share_a_rate_by_a_file(self):
        rows = [self.write(f'{name}.jsonl', *[row(f'{name}-{number}') for number in range(3)]) for name in 'ab']
        began = time.monotonic()
        both = [self.begin(each, '--out', each + '.out', '--limit-file', 'limit', '--rps', '1') for each in rows]
        for process in both:
            self.end(process, 0)
        self.assertGreater(time.monotonic() - began, 2.8)  # 6 creates, no more than 3 in any 3 s
        self.assertIn('cannot be written', self.batch(rows[0], '--out', 'c', '--limit-file', 'missing/limit', code=9))

    def test_a_file_of_rows(self):
        photo = self.path('photo.bin')
        with open(photo, 'wb') as file:
            file.write(b'x' * 1000)
        rows = self.write('rows.jsonl', row('text'), row('</script><script>alert(1)', 'acme/image', prompt='a'), row('broken', 'acme/broken'),
                          row('file', image='@' + photo), row('lost', image='@missing.bin'), '{"custom_id": "bad", nonsense', row('text'))
        text = self.batch(rows, '--out', 'job', code=3)
        self.assertIn('3 saved, 4 failed, 0 unknown, 0 left', text)
        self.assertIn('2 of the failed', text)
        results = {each['custom_id']: each for each in lines_of(self.path('job', 'results.jsonl'))}
        self.assertEqual(set(results), {'text', '</script><script>alert(1)', 'file'})
        saved = results['</script><script>alert(1)']['files'][0]
        self.assertTrue(os.path.exists(self.path(saved['path'])))
        errors = lines_of(self.path('job', 'errors.jsonl'))
        self.assertEqual([(each['line'], each['column']) for each in errors if 'column' in each], [(6, 22)])
        self.assertEqual([each['line'] for each in errors if 'earlier row' in each['error']], [7])
        self.assertIn('missing.bin', [each for each in errors if each.get('custom_id') == 'lost'][0]['error'])
        with open(self.path('job', 'report.html'), encoding='utf-8') as file:
            page = file.read()
        self.assertNotIn('<script', page)
        self.assertIn('&lt;script&gt;alert(1)', page)
        self.assertIn('out of &lt;b&gt;memory&lt;/b&gt;', page)
        self.assertIn('data:image/png;base64,' + PIXEL, page)
        self.assertIsNone(re.search(r'(src|href)=.https?:', page), 'the page asks the network')
        before = self.creates()
        self.assertIn('--resume goes on', self.batch(rows, '--out', 'job', code=8))
        self.assertIn('of earlier  3 saved, 4 failed', self.batch('--resume', '--out', 'job', code=3))
        self.assertEqual(self.creates(), before)

    def test_rows_that_failed_are_run_again(self):
        rows = self.write('rows.jsonl', row('a', image='@late.bin'), row('b'))
        self.batch(rows, code=3)
        self.write('late.bin', 'here')
        before = self.creates()
        self.batch('--retry-failed', rows)
        self.assertEqual(self.creates(), before + 1)
        self.assertEqual(lines_of(self.path('batch-out', 'errors.jsonl')), [])

    def test_killed_and_resumed(self):
        before = self.creates()
        rows = self.write('rows.jsonl', *[row(f'row-{i}', 'acme/image' if i % 3 == 0 else 'acme/text') for i in range(60)])
        process = self.begin(rows, '--rps', '100')
        results = self.path('batch-out', 'results.jsonl')
        self.wait_for(lambda: os.path.exists(results) and bytes_of(results).count(b'\n') >= 10)
        process.kill()
        self.end(process, -signal.SIGKILL)
        self.batch('--resume', rows, '--settle', '0', '--ordered', '--rps', '1000')
        self.assertEqual([each['custom_id'] for each in lines_of(results)], [f'row-{i}' for i in range(60)])
        self.assertEqual(self.creates(), before + 60)

    def test_ctrl_c_once_drains_and_the_command_goes_on(self):
        before = self.creates()
        rows = self.write('rows and more.jsonl', *[row(f'row-{i}', 'acme/slow') for i in range(6)])
        process = self.begin(rows, '-c', '3')
        self.wait_for(lambda: self.creates() == before + 3)
        process.send_signal(signal.SIGINT)
        text = self.end(process, 5)
        self.assertIn('3 saved, 0 failed, 0 unknown, 3 left', text)
        command = text.split('To go on:\n')[1].strip()
        done = subprocess.run(command, shell=True, cwd=self.place, env=self.online, timeout=AMPLE, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.creates(), before + 6)

    def test_ctrl_c_twice_leaves(self):
        before = self.creates()
        rows = self.write('rows.jsonl', *[row(f'row-{i}', 'acme/slower') for i in range(3)])
        # Both at once, so that the time of the model passes once.
        twice, ended = [self.begin(rows, '--out', out) for out in ('twice', 'ended')]
        self.wait_for(lambda: self.creates() == before + 6)
        time.sleep(0.1)  # where the ids are in the journal too, nothing has to be looked for
        ended.send_signal(signal.SIGTERM)
        twice.send_signal(signal.SIGINT)
        self.wait_for(lambda: 'Ctrl-C' in twice.stdout.readline())
        twice.send_signal(signal.SIGINT)
        for process in (twice, ended):
            self.assertIn('3 left', self.end(process, 5))
        resumed = [self.begin(rows, '--resume', '--out', out, '--settle', '0') for out in ('twice', 'ended')]
        for process in resumed:
            self.assertIn('3 saved', self.end(process, 0))
        self.assertEqual(self.creates(), before + 6)

    def test_wrong_use(self):
        rows = self.write('rows.jsonl', row('a'))
        before = self.creates()
        self.batch('nothing.jsonl', code=2)
        self.batch(code=2)
        self.batch(rows, '--what', code=2)
        self.batch(rows, '--max-cost', '1', code=2)
        self.batch(rows, '--shard', '2/2', code=2)
        self.batch(rows, '--shard', 'auto', code=2)
        self.batch(rows, '--cancel-after', 'soon', code=2)
        self.batch(rows, '--max-failures', 'many', code=2)
        self.batch('--resume', code=2)
        prices = self.write('prices.json', '{"*": {"per_mile": 1}}')
        self.assertIn('per_mile', self.batch(rows, '--prices', prices, code=2))
        self.assertIn('nothing', self.batch(self.write('rows.csv', 'a,b', '1,2'), '--map', 'nothing=prompt', code=2))
        self.assertIn('REPLICATE_API_TOKEN', self.batch(rows, environment=self.environment, code=2))
        self.batch('report', 'nothing.db', code=2)
        self.batch(rows, '--out', self.path('prices.json', 'job'), code=9)
        self.assertIn('--strict', self.batch(self.write('bad.jsonl', row('a'), '{'), '--strict', code=3))
        self.assertEqual(self.creates(), before)
        self.assertIn('Exit codes', self.batch('--help'))

    def test_journals_that_are_not_for_this(self):
        rows = self.write('rows.jsonl', row('a', 'acme/slow'))
        process = self.begin(rows)
        self.wait_for(lambda: os.path.exists(self.path('batch-out', 'results.jsonl')))
        self.assertIn(f'used by the process {process.pid}', self.batch(rows, '--resume', code=8))
        self.assertEqual(self.batch('report', 'batch-out/job.db', '-o', 'now.html').strip(), 'now.html')
        self.end(process, 0)
        self.assertIn('input', self.batch(self.write('other.jsonl', row('b')), '--resume', code=8))
        self.assertIn('input', self.batch(rows, '--set', 'seed=1', '--resume', code=8))
        other = dict(self.online, REPLICATE_API_TOKEN='r8_' + 'x' * 37)
        self.assertIn('--new-token', self.batch(rows, '--resume', environment=other, code=8))
        self.batch(rows, '--resume', '--new-token', environment=other)
        self.write('batch-out/job.db', 'no journal at all' * 100)
        self.batch(rows, '--resume', code=8)

    def test_rows_of_which_nobody_can_say_are_named(self):
        rows = self.write('rows.jsonl', row('a-b', prompt='same'), row('c'))
        self.batch(rows)
        # As if it had been killed with the create on its way, of something else with the same input.
        with contextlib.closing(sqlite3.connect(self.path('batch-out', 'job.db'))) as journal:
            journal.execute("UPDATE rows SET state = 1, prediction = NULL, target = 'acme/other', intended_at = ? WHERE custom_id = 'a-b'",
                            [int(time.time() * 1000)])
            journal.commit()
        before = self.creates()
        text = self.batch(rows, '--resume', '--settle', '1s', code=4)
        self.assertIn('waiting: what was on its way', text)
        self.assertIn('1 unknown, 0 left', text)
        self.assertIn('nobody can say', text)
        self.assertIn('\n  a-b\n', text)
        self.assertEqual(self.creates(), before)

    def test_limits_and_a_token_that_is_not_taken(self):
        rows = self.write('rows.jsonl', *[row(f'row-{i}', 'acme/broken') for i in range(9)])
        self.batch(rows, '-c', '1', '--max-failures', '2', code=6)
        self.assertEqual(len(lines_of(self.path('batch-out', 'errors.jsonl'))), 3)
        prices = self.write('prices.json', '{"*": {"per_run": 2}}')
        rows = self.write('more.jsonl', *[row(f'row-{i}') for i in range(9)])
        self.assertIn('cost        4.0', self.batch(rows, '-c', '1', '--prices', prices, '--max-cost', '3', '-o', 'cost', code=6))
        # What earlier runs have paid counts too.
        before = self.creates()
        self.batch(rows, '-c', '1', '--prices', prices, '--max-cost', '3', '-o', 'cost', '--resume', code=6)
        self.assertEqual(self.creates(), before)
        other = dict(self.online, REPLICATE_API_TOKEN='r8_' + 'x' * 37)
        self.batch(rows, '-o', 'refused', environment=other, code=7)

    def test_dry_run(self):
        flux = 'black-forest-labs/flux-schnell'
        good = self.write('good.jsonl', *[row(f'a{i}', flux, prompt='x') for i in range(50)])
        bad = self.write('bad.jsonl', row('a', flux, prompt='x'), row('b', flux, height=9000), row('c', 'acme/unknown'), row('a', flux), '[')
        before = self.creates()
        self.assertIn('50 creates', self.batch(good, '--dry-run'))
        text = self.batch(bad, '--dry-run', code=3)
        self.assertIn('line 2: b: ', text)
        self.assertIn('there is no acme/unknown', text)
        self.assertIn('line 4: an earlier row has the custom_id a', text)
        self.assertIn('line 5, column ', text)
        told = json.loads(self.batch('-', '--dry-run', '--progress', 'json', given=row('a', flux, prompt='x') + '\n'))
        self.assertEqual((told['rows'], told['wrong'], told['creates'], told['schemas']), (1, 0, 1, True))
        self.assertIn('not looked at', self.batch(good, '--dry-run', environment=self.environment))
        self.assertEqual(self.creates(), before)
        self.assertFalse(os.path.exists(self.path('batch-out')))

    def test_shards(self):
        rows = self.write('rows.jsonl', *[row(f'row-{i}') for i in range(20)])
        before = self.creates()
        self.batch(rows, '--shard', '0/2', '--rps', '1000')
        kubernetes = dict(self.online, JOB_COMPLETION_INDEX='1', JOB_COMPLETIONS='2')
        self.batch(rows, '--shard', 'auto', '--rps', '1000', environment=kubernetes)
        slurm = dict(self.online, SLURM_ARRAY_TASK_ID='6', SLURM_ARRAY_TASK_MIN='5', SLURM_ARRAY_TASK_COUNT='2')
        self.batch(rows, '--shard', 'auto', '--resume', environment=slurm)
        ids = [each['custom_id'] for i in (0, 1) for each in lines_of(self.path('batch-out', f'shard-{i}-of-2', 'results.jsonl'))]
        self.assertEqual(sorted(ids), sorted(f'row-{i}' for i in range(20)))
        alone = dict(self.online, SLURM_ARRAY_TASK_ID='6', SLURM_ARRAY_TASK_MIN='6', SLURM_ARRAY_TASK_COUNT='1')
        self.assertIn('--shard I/N', self.batch(rows, '--shard', 'auto', '--resume', environment=alone, code=8))
        self.assertIn('--shard I/N', self.batch(rows, '--shard', '0/3', code=8))
        self.assertEqual(self.creates(), before + 20)

    def test_other_forms_of_rows(self):
        foreign = json.dumps({'custom_id': 'o', 'method': 'POST', 'url': '/v1/chat/completions',
                              'body': {'model': 'test/echo', 'messages': [{'role': 'user', 'content': 'Hi'}], 'max_tokens': 9}})
        self.batch('-', '-o', 'foreign', given=foreign + '\n')
        self.assertEqual(lines_of(self.path('foreign', 'results.jsonl'))[0]['output'], {'max_tokens': 9, 'prompt': 'Hi'})
        self.assertIn('0 left', self.batch('--resume', '-o', 'foreign'))
        table = self.write('rows.csv', 'custom_id,question,n', 'a,"What, again?",1', 'b,Why,2')
        self.batch(table, '--model', 'test/echo', '--map', 'question=prompt', '--map', 'n=count', '--set', 'style=plain', '--ordered', '-o', 'csv')
        self.assertEqual([each['output'] for each in lines_of(self.path('csv', 'results.jsonl'))],
                         [{'prompt': 'What, again?', 'count': 1, 'style': 'plain'}, {'prompt': 'Why', 'count': 2, 'style': 'plain'}])

    def test_progress(self):
        rows = self.write('rows.jsonl', *[row(f'row-{i}') for i in range(20)])
        text = self.batch(rows, '--progress', 'json', '--interval', '0.1', '--rps', '60', '-o', 'json')
        told = [json.loads(line) for line in text.splitlines()]
        self.assertGreater(len(told), 2)
        self.assertEqual((told[-1]['end'], told[-1]['exit_code'], told[-1]['saved'], told[-1]['total']), ('finished', 0, 20, 20))
        self.assertEqual(told[-1]['output_tokens'], 100)
        self.assertNotIn('\x1b', self.batch(rows, '--progress', 'plain', '-o', 'plain', '--rps', '1000'))
        self.assertIn('\x1b[32m', self.on_a_terminal(rows, '-o', 'bar', '--rps', '80'))
        plain = self.on_a_terminal(rows, '-o', 'no color', '--rps', '80', environment=dict(self.online, NO_COLOR='1', TERM='xterm'))
        self.assertNotRegex(plain, '\x1b\\[[0-9;]*m')
        self.assertIn('100% 20/20', plain)

    def on_a_terminal(self, *arguments, environment=None):
        outer, inner = pty.openpty()
        process = subprocess.Popen([PROGRAM, *arguments, *QUICKLY], stdout=inner, stderr=inner, stdin=subprocess.DEVNULL, cwd=self.place,
                                   env=environment or dict(self.online, TERM='xterm'))
        os.close(inner)
        text = b''
        while True:
            try:
                piece = os.read(outer, 4096)
            except OSError:
                break
            text += piece
        os.close(outer)
        self.assertEqual(process.wait(AMPLE), 0)
        type(self).said += text.decode()
        return text.decode()

    def test_without_anything_it_shows_what_it_does(self):
        text = self.batch('--demonstration-rows', '100', '--rps', '200', environment=self.environment)
        self.assertIn('A local server in this program answers', text)
        self.assertIn('88 saved, 12 failed', text)
        for name in ('results.jsonl', 'errors.jsonl', 'job.db', 'report.html', 'files/row-0005/0-out-0.png'):
            self.assertTrue(os.path.exists(self.path('batch-out', name)), name)
        self.batch('--demonstration-rows', '2', environment=self.environment)
        self.assertTrue(os.path.exists(self.path('batch-out-2', 'results.jsonl')))


if __name__ == '__main__':
    PROGRAM, LOCAL_SERVER = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    for needed in (PROGRAM, LOCAL_SERVER):
        if not os.access(needed, os.X_OK):
            print(f'skipped: {needed} has not been built')
            sys.exit(SKIPPED)
    unittest.main()
