import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shellText } from '../../../../../src/main/runners/preview/shell-text.ts'
import { shellQuote } from '../../../../../src/shared/util/shell-quote.ts'

/** What a real shell makes of a text: its words, one per line of NULs. */
const wordsOf = (text: string, env: Record<string, string> = {}): readonly string[] =>
  execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${text}`], { encoding: 'utf8', env })
    .split('\0')
    .slice(0, -1)

describe('quoting', () => {
  test.each([
    ['plain', 'plain'],
    ['/home/u/models/x.gguf', '/home/u/models/x.gguf'],
    ['a b', "'a b'"],
    ["it's", `'it'\\''s'`],
    ['', "''"],
    ['~/x', "'~/x'"],
    ['=ls', "'=ls'"],
    ['$HOME', "'$HOME'"],
    ['a;rm -rf b', "'a;rm -rf b'"]
  ])('%s becomes %s', (text, quoted) => {
    expect(shellQuote(text)).toBe(quoted)
  })

  test('a shell reads back any argument', () => {
    const argument = fc.string({ unit: 'binary-ascii' }).map((text) => text.replaceAll('\0', ''))
    const args = fc.array(argument, { minLength: 200, maxLength: 200 })
    fc.assert(
      fc.property(args, (words) => {
        expect(wordsOf(words.map(shellQuote).join(' '))).toEqual(words)
      }),
      { numRuns: 5 }
    )
  })
})

describe('a command as text', () => {
  const text = (
    argv: readonly string[],
    env: Record<string, string> = {},
    breakBefore: string[] = []
  ): string => shellText({ argv, env, breakBefore })

  test('a short one is one line, assignments first', () => {
    expect(
      text(['/usr/bin/llama-server', '-m', '/m/a b.gguf'], { LLAMA_ARG_CORS_ORIGINS: 'localhost' })
    ).toBe("LLAMA_ARG_CORS_ORIGINS=localhost /usr/bin/llama-server -m '/m/a b.gguf'")
  })

  test('a long one has a line per option, and a shell still reads it as one command', () => {
    const argv = [
      'docker',
      'run',
      '--gpus',
      'all',
      '--publish',
      '127.0.0.1:8000:8000',
      'nvcr.io/nvidia/vllm:26.05.post1-py3'
    ].concat(['serve', 'openai/gpt-oss-120b', '--gpu-memory-utilization', '0.7', '--note', `it's "long"`])
    const long = text(argv, {}, ['nvcr.io/nvidia/vllm:26.05.post1-py3'])
    expect(long.split('\n')).toEqual([
      'docker run \\',
      '  --gpus all \\',
      '  --publish 127.0.0.1:8000:8000 \\',
      '  nvcr.io/nvidia/vllm:26.05.post1-py3 serve openai/gpt-oss-120b \\',
      '  --gpu-memory-utilization 0.7 \\',
      `  --note 'it'\\''s "long"'`
    ])
    expect(wordsOf(long)).toEqual(argv)
  })

  test('a secret is never spelled out: its variable stands for it', () => {
    const secrets = [
      '--api-key',
      'k1-secret',
      '--hf-token=k2-secret',
      '--env',
      'HF_TOKEN=k3-secret',
      '--env',
      'NGC_API_KEY=k4-secret'
    ]
    const shown = text(['run', ...secrets], { HF_TOKEN: 'k5-secret', PLAIN: 'x' })
    expect(shown).not.toContain('secret')
    expect(shown.replaceAll(' \\\n  ', ' ')).toBe(
      'HF_TOKEN="$HF_TOKEN" PLAIN=x run --api-key "$API_KEY" --hf-token="$HF_TOKEN" ' +
        '--env HF_TOKEN="$HF_TOKEN" --env NGC_API_KEY="$NGC_API_KEY"'
    )
  })

  test('an address with a secret inside is shown without it', () => {
    const argv = ['run', 'http://user:x-secret@h/?a=1', '--url=http://h/?token=x-secret', '--tokenizer=a']
    expect(text(argv, { URL: 'http://u:x-secret@h' }).replaceAll(' \\\n  ', ' ')).toBe(
      "URL='http://u:•••@h' run 'http://user:•••@h/?a=1' '--url=http://h/?token=•••' --tokenizer=a"
    )
  })
})
