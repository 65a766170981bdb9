import { describe, expect, it } from 'vitest'
import { parseCgroup, parseCommandLine } from '../../../../../src/main/sampler/sources/process-facts.parse.ts'
import { parseProcessStat } from '../../../../../src/main/sampler/sources/process-stat.parse.ts'
import { parseProcessStatus } from '../../../../../src/main/sampler/sources/process-status.parse.ts'
import { fixture } from '../fixtures.ts'

const EXPECTED = {
  pid: 4242,
  parentPid: 1,
  processGroupId: 4242,
  startTicks: 987654,
  state: 'S',
  cpuTicks: 33,
  rssPages: 1234
}

describe('stat', () => {
  it.each([
    ['plain', 'llama-server'],
    ['spaces', 'Isolated Web Co'],
    ['close-parenthesis', 'evil) R 1 1 1'],
    ['both-parentheses', '((sd-pam))'],
    ['newline', 'a\nb) S 9\n'],
    ['empty', ''],
    ['not-utf8', '���bad'],
    ['only-parenthesis', ')'],
    ['looks-like-a-line', 'x) Z 0 0 0 0'],
    ['emoji', '🦙llama'],
    ['tab', 'a\tb']
  ])('survives the name %s', (file, name) => {
    expect(parseProcessStat(fixture(`processes/stat-${file}`))).toEqual({ ...EXPECTED, name })
  })

  it('reads the figures of a process whose group is gone', () => {
    expect(parseProcessStat(fixture('processes/stat-group-gone'))).toEqual({
      ...EXPECTED,
      name: 'dying',
      processGroupId: 0
    })
  })

  it('never takes a cut number for a whole one', () => {
    const whole = fixture('processes/stat-close-parenthesis')
    for (let length = 0; length < whole.length; length++) {
      const cut = parseProcessStat(whole.subarray(0, length))
      if (cut !== 'unknown') expect(cut).toEqual({ ...EXPECTED, name: 'evil) R 1 1 1' })
    }
  })
})

describe('status', () => {
  it('reads a captured one', () => {
    const text = fixture('captured/1/status').toString()
    const kib = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
    expect(parseProcessStatus(fixture('captured/1/status'))).toEqual({
      anonBytes: kib('RssAnon'),
      fileBytes: kib('RssFile'),
      shmemBytes: kib('RssShmem'),
      userId: 0
    })
  })

  it('says unknown for a kernel thread', () => {
    expect(parseProcessStatus(fixture('processes/status-kernel-thread'))).toEqual({
      anonBytes: 'unknown',
      fileBytes: 'unknown',
      shmemBytes: 'unknown',
      userId: 0
    })
  })

  it('is not fooled by a name that looks like a field', () => {
    expect(parseProcessStatus(fixture('processes/status-hostile-name'))).toEqual(
      parseProcessStatus(fixture('captured/1/status'))
    )
  })
})

describe('cgroup and command line', () => {
  it('prefers the unified hierarchy unless v1 still sorts processes', () => {
    expect(parseCgroup(fixture('processes/cgroup-v2'))).toMatch(/session\.slice/)
    expect(parseCgroup(fixture('processes/cgroup-hybrid'))).toBe('/system.slice/docker.service')
    expect(parseCgroup(Buffer.from('0::/\n'))).toBe('/')
    expect(parseCgroup(Buffer.alloc(0))).toBeNull()
  })

  it('keeps spaces in arguments and bounds their number', () => {
    const args = parseCommandLine(fixture('processes/cmdline-many'))
    expect(args?.slice(0, 5)).toEqual([
      'python3',
      '-m',
      'vllm.entrypoints.openai.api_server',
      '--model',
      '/models/a b'
    ])
    expect(args).toHaveLength(64)
    expect(parseCommandLine(Buffer.alloc(0))).toBeNull()
  })
})
