import { describe, expect, test } from 'vitest'
import { readContainerEnd } from '../../../../../src/main/runners/containers/container-end.ts'
import { parseImageReference } from '../../../../../src/main/runners/containers/image-reference.ts'
import { pullQuery } from '../../../../../src/main/runners/containers/image.ts'
import { createPullReader, pullInWords } from '../../../../../src/main/runners/containers/pull-progress.ts'
import { authFrom } from '../../../../../src/main/runners/containers/registry-auth.ts'
import { containerIdOf } from '../../../../../src/main/runners/supervisor/container-cgroup.ts'
import { isCrash } from '../../../../../src/main/runners/supervisor/exit-words.ts'

const ID = '0123456789abcdef'.repeat(4)
const OTHER = 'fedcba9876543210'.repeat(4)

describe('the container of a process', () => {
  test.each([
    ['Docker under systemd', `0::/system.slice/docker-${ID}.scope\n`],
    ['rootless Docker', `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope\n`],
    ['Docker on cgroup version 1', `12:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`],
    ['Podman under systemd', `0::/machine.slice/libpod-${ID}.scope\n`],
    ['Podman with crun', `0::/machine.slice/libpod-${ID}.scope/container\n`],
    ['Podman with cgroupfs', `0::/libpod_parent/libpod-${ID}\n`],
    ['Podman on a hybrid', `5:devices:/libpod_parent/libpod-${ID}\n0::/\n`],
    ['Kubernetes', `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope\n`],
    ['one in another', `0::/system.slice/docker-${ID}.scope/libpod_parent/libpod-${OTHER}\n`]
  ])('%s', (_name, text) => expect(containerIdOf(text)).toBe(ID))

  test.each([
    ['none', '0::/user.slice/user-1000.slice/session-2.scope\n'],
    ['its monitor', `0::/machine.slice/libpod-conmon-${ID}.scope\n`],
    ['a unit of such a name', '0::/system.slice/docker-cleanup.scope\n'],
    ['an id cut short', `0::/system.slice/docker-${ID.slice(1)}.scope\n`],
    ['an id too long', `0::/system.slice/docker-${ID}0.scope\n`],
    ['nothing', '']
  ])('%s is no container', (_name, text) => expect(containerIdOf(text)).toBeNull())
})

describe('names of images', () => {
  const digest = `sha256:${ID}`
  test.each([
    ['vllm/vllm-openai:latest', 'docker.io', 'latest', null],
    ['ubuntu', 'docker.io', null, null],
    ['nvcr.io/nvidia/vllm:26.05.post1-py3', 'nvcr.io', '26.05.post1-py3', null],
    ['localhost/firebreak:1', 'localhost', '1', null],
    ['localhost:5000/a/b', 'localhost:5000', null, null],
    [`ghcr.io/o/i:t@${digest}`, 'ghcr.io', 't', digest]
  ])('%s', (image, registry, tag, found) =>
    expect(parseImageReference(image)).toMatchObject({ registry, tag, digest: found })
  )

  test.each(['', 'No Such', 'a//b', 'a:', 'a@sha256:12', '-x', '../a', 'a;rm -rf', `${'a/'.repeat(300)}a`])(
    'none: %s',
    (image) => expect(parseImageReference(image)).toBeNull()
  )

  test('a pull names one tag, or the digest alone', () => {
    const of = (image: string): unknown => pullQuery(parseImageReference(image) ?? expect.fail(image))
    expect(of('a/b')).toEqual({ fromImage: 'a/b', tag: 'latest' })
    expect(of('a/b:1')).toEqual({ fromImage: 'a/b', tag: '1' })
    expect(of(`a/b:1@${digest}`)).toEqual({ fromImage: `a/b@${digest}` })
  })
})

describe('progress of a pull', () => {
  const layer = (id: string, status: string, current?: number, total?: number): string =>
    JSON.stringify({ id, status, ...(total === undefined ? {} : { progressDetail: { current, total } }) })
  const A = 'aaaaaaaaaaaa'
  const B = 'bbbbbbbbbbbb'

  test('counts what is fetched, and not what is unpacked', () => {
    const reader = createPullReader()
    reader.line(JSON.stringify({ status: 'Pulling from nvidia/vllm', id: '26.05' }))
    reader.line(layer(A, 'Downloading', 1024 ** 3, 2 * 1024 ** 3))
    reader.line(layer(B, 'Downloading', 0, 2 * 1024 ** 3))
    expect(pullInWords('x', reader.progress)).toBe('Pulling x: 1.0 of 4.0 GiB.')
    reader.line(layer(A, 'Download complete'))
    reader.line(layer(A, 'Extracting', 5, 2 * 1024 ** 3))
    reader.line(layer(A, 'Pull complete'))
    expect(reader.progress).toEqual({
      doneBytes: 2 * 1024 ** 3,
      totalBytes: 4 * 1024 ** 3,
      layersDone: 1,
      layers: 2
    })
  })

  test('an engine that counts no bytes shows layers', () => {
    const reader = createPullReader()
    expect(pullInWords('x', reader.progress)).toBe('Pulling x.')
    reader.line(layer(A, 'Pulling fs layer'))
    reader.line(layer(A, 'Already exists'))
    reader.line(layer(B, 'Pulling fs layer'))
    expect(pullInWords('x', reader.progress)).toBe('Pulling x: 1 of 2 layers.')
  })

  test('keeps the error, and passes over what it does not know', () => {
    const reader = createPullReader()
    for (const line of ['', 'garbage', '[]', '{"id":7}', 'null', layer('latest', 'Downloading', 1, 2)])
      reader.line(line)
    expect(reader.progress.layers).toBe(0)
    reader.line('{"error":"manifest unknown"}')
    expect(reader.error).toBe('manifest unknown')
  })
})

describe('how a container ended', () => {
  const ended = (state: Record<string, unknown>): ReturnType<typeof readContainerEnd> =>
    readContainerEnd({ State: { Running: false, ...state } })

  test('137 alone is a kill, and not a want of memory', () => {
    const end = ended({ ExitCode: 137, OOMKilled: false })
    expect(end?.words).toBe('was killed (137); the engine did not see memory run out')
    expect(end?.words).not.toContain('kernel')
    expect(isCrash(end?.status ?? expect.fail())).toBe(false)
  })

  test('where the engine saw the kernel do it, that is said', () => {
    expect(ended({ ExitCode: 137, OOMKilled: true })?.words).toBe(
      'was killed by the kernel, because memory of its container ran out (137)'
    )
  })

  test.each([
    [0, 'ended by itself with code 0', false],
    [1, 'ended with code 1', true],
    [139, 'crashed (SIGSEGV) (139)', true],
    [143, 'was ended (SIGTERM) from outside (143)', false],
    [255, 'ended with code 255', true]
  ])('code %i', (ExitCode, words, crashed) => {
    const end = ended({ ExitCode })
    expect(end?.words).toBe(words)
    expect(isCrash(end?.status ?? expect.fail())).toBe(crashed)
  })

  test('what could not run says why', () => {
    const end = ended({ ExitCode: 127, Error: 'exec: "vllm": executable file not found' })
    expect(end?.words).toBe('could not run: exec: "vllm": executable file not found')
  })

  test.each([[undefined], [{}], [{ State: { Running: true, ExitCode: 0 } }], [{ State: 'x' }]])(
    'not yet, or not said: %j',
    (answer) => expect(readContainerEnd(answer)).toBeNull()
  )
})

describe('the login of a registry', () => {
  const config = JSON.stringify({
    auths: {
      'nvcr.io': { auth: Buffer.from('$oauthtoken:secret:with:colons').toString('base64') },
      'https://index.docker.io/v1/': { auth: Buffer.from('me:pass').toString('base64') },
      'empty.example': {}
    }
  })
  const read = (text: string, registry: string): unknown => {
    const header = authFrom(text, registry)
    return header === null ? null : JSON.parse(Buffer.from(header, 'base64url').toString())
  }

  test('is found for its registry alone', () => {
    expect(read(config, 'nvcr.io')).toMatchObject({
      username: '$oauthtoken',
      password: 'secret:with:colons'
    })
    expect(read(config, 'docker.io')).toMatchObject({ username: 'me', password: 'pass' })
    expect(read(config, 'ghcr.io')).toBeNull()
    expect(read(config, 'empty.example')).toBeNull()
  })

  test.each(['', '{', '[]', '{"auths":7}', '{"auths":{"nvcr.io":{"auth":7}}}'])('no login in %s', (text) =>
    expect(read(text, 'nvcr.io')).toBeNull()
  )
})
