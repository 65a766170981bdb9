import { describe, expect, test } from 'vitest'
import { exportProfiles, readTransfer } from '../../../../../src/main/runners/profiles/transfer.ts'
import { redactArgs } from '../../../../../src/main/runners/supervisor/redact.ts'
import type { FieldProfile } from '../../../../../src/shared/model/runner.ts'
import { sampleProfile } from '../../../../support/fake-core.ts'

const tiny = sampleProfile('tiny')
const custom: FieldProfile = {
  ...tiny,
  id: 'oss',
  label: 'gpt-oss',
  kind: 'vllm',
  modelPath: 'openai/gpt-oss-120b',
  settings: { extraArgs: ['--api-key', 'k-secret', '--seed', '1', '--hf-token=t-secret'] },
  container: {
    image: 'x/y:1',
    gpus: true,
    shmMiB: 0,
    hostIpc: false,
    mounts: [],
    env: ['HF_TOKEN=e-secret', 'MODE=fast']
  }
}
const none = (): boolean => false
const read = (text: string, taken: (id: string) => boolean = none): ReturnType<typeof readTransfer> =>
  readTransfer(text, taken)
const file = (changes: object): string =>
  JSON.stringify({ firebreak: 'profiles', version: 1, profiles: [], ...changes })

describe('export', () => {
  test('what is exported is imported again', () => {
    const text = exportProfiles([tiny], redactArgs)
    expect(JSON.parse(text)).toMatchObject({ firebreak: 'profiles', version: 1, leftOut: [] })
    expect(read(text)).toEqual({ ok: true, value: { profiles: [tiny], problems: [] } })
  })

  test('secrets are left out, the rest stays, and both sides are told', () => {
    const text = exportProfiles([tiny, custom], redactArgs)
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toMatchObject({
      leftOut: ['gpt-oss: --api-key', 'gpt-oss: --hf-token', 'gpt-oss: HF_TOKEN']
    })
    const back = read(text)
    if (!back.ok) throw new Error(back.error.message)
    expect(back.value.profiles[1]).toEqual({
      ...custom,
      settings: { extraArgs: ['--seed', '1'] },
      container: { ...custom.container, env: ['MODE=fast'] }
    })
    expect(back.value.problems).toContain('gpt-oss: HF_TOKEN was left out of the file. Give it again.')
  })
})

test('secrets are left out by their names, as separate words and inside addresses too', () => {
  const settings = {
    command: ['python', 'train.py', '--hf_token', 'x-secret', '--wandb_api_key', 'x-secret', '--seed', '1'],
    extraArgs: ['--url', 'http://u:x-secret@h/', '--max-num-batched-tokens=8192', 'http://h/?token=x-secret'],
    tokenizer: 'owner/model',
    apiKey: 'x-secret'
  }
  const container = {
    ...custom.container,
    env: ['OPENAI_KEY=x-secret', 'DB_PASS=x-secret', 'TOKENIZER=a']
  }
  const text = exportProfiles([{ ...custom, settings, container } as FieldProfile], redactArgs)
  expect(text).not.toContain('x-secret')
  expect(JSON.parse(text)).toMatchObject({
    leftOut: [
      'gpt-oss: --hf_token',
      'gpt-oss: --wandb_api_key',
      'gpt-oss: --url',
      'gpt-oss: http://h/?token=•••',
      'gpt-oss: apiKey',
      'gpt-oss: OPENAI_KEY',
      'gpt-oss: DB_PASS'
    ],
    profiles: [
      {
        settings: {
          command: ['python', 'train.py', '--seed', '1'],
          extraArgs: ['--max-num-batched-tokens=8192'],
          tokenizer: 'owner/model'
        },
        container: { env: ['TOKENIZER=a'] }
      }
    ]
  })
})

describe('import', () => {
  test('an id that is taken, here or earlier in the file, becomes another', () => {
    const text = exportProfiles([tiny, { ...tiny, label: 'again' }], redactArgs)
    const back = read(text, (id) => id === 'tiny')
    if (!back.ok) throw new Error(back.error.message)
    expect(back.value.profiles.map(({ id }) => id)).toEqual(['tiny-2', 'tiny-3'])
  })

  test('one that is broken is named and hides no other', () => {
    const broken: readonly unknown[] = [
      { ...tiny, label: 'Bad port', settings: { ...tiny.settings, port: 70_000 } },
      { ...tiny, kind: 'no-such-runner', label: 'Strange' },
      'no object',
      null,
      { ...tiny, id: '../../etc/passwd' },
      tiny
    ]
    const back = read(file({ profiles: broken }))
    if (!back.ok) throw new Error(back.error.message)
    expect(back.value.profiles).toEqual([tiny])
    expect(back.value.problems).toHaveLength(5)
    expect(back.value.problems[0]).toMatch(
      /^Bad port \(profile 1\) was not taken: its settings\.port cannot be used/
    )
    expect(back.value.problems[1]).toMatch(
      /^Strange \(profile 2\) was not taken: this Firebreak knows no runner 'no-such-runner'\. It knows llamacpp,/
    )
    expect(back.value.problems[2]).toMatch(/^Profile 3 was not taken: it is no profile\.$/)
  })

  test('what a newer Firebreak knows more of is left out', () => {
    const newer: unknown = Object.assign({ tomorrow: true }, tiny)
    const back = read(file({ profiles: [newer], more: 1 }))
    expect(back).toEqual({ ok: true, value: { profiles: [tiny], problems: [] } })
  })

  test.each([
    ['', /no JSON/],
    ['[]', /no file of Firebreak's profiles/],
    ['{"firebreak":"settings","version":1}', /no file of Firebreak's profiles/],
    [file({ version: 2 }), /version 2, this Firebreak knows version 1/],
    [file({ profiles: {} }), /no list of profiles/],
    [file({ profiles: Array.from({ length: 1_001 }, () => tiny) }), /1001 profiles; 1000 are the most/]
  ])('%.40s is refused', (text, reason) => {
    expect(read(text)).toMatchObject({
      ok: false,
      error: { code: 'bad-request', message: expect.stringMatching(reason) }
    })
  })

  test('a name in the file cannot break a sentence or a terminal', () => {
    const back = read(file({ leftOut: ['x\u202E\n\u001B[31m: TOKEN', 7], profiles: [] }))
    if (!back.ok) throw new Error(back.error.message)
    expect(back.value.problems).toEqual(['x [31m: TOKEN was left out of the file. Give it again.'])
  })
})
