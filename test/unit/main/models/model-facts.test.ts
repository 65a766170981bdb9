import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createModelFactsReader,
  readModelFacts,
  type ModelFactsOptions
} from '../../../../src/main/models/model-facts.ts'
import { makeGguf } from '../../../support/make-gguf.ts'
import { writeSafetensors } from '../../../support/safetensors-writer.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-facts-home-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const options = (kind: ModelFactsOptions['kind'], env: NodeJS.ProcessEnv = {}): ModelFactsOptions => ({
  kind,
  env,
  homeDir: home
})
const below = (path: string): string => {
  const full = join(home, path)
  mkdirSync(dirname(full), { recursive: true })
  return full
}

describe('a repository in the cache of Hugging Face', () => {
  const COMMIT = '0123456789abcdef0123456789abcdef01234567'
  const CACHE = '.cache/huggingface/hub/models--maker--model-7B'

  /** As Hugging Face's tools do it: bytes by their hash, names as links. */
  function fetched(cache = CACHE, commit = COMMIT): void {
    writeFileSync(below(`${cache}/refs/main`), commit)
    const blob = below(`${cache}/blobs/aa`)
    writeSafetensors(blob, { 'lm_head.weight': { dtype: 'F16', shape: [8, 8] } })
    writeFileSync(below(`${cache}/blobs/bb`), '{"model_type":"llama","num_hidden_layers":1}')
    for (const [name, target] of [
      ['model.safetensors', 'aa'],
      ['config.json', 'bb']
    ] as const) {
      const link = below(`${cache}/snapshots/${commit}/${name}`)
      symlinkSync(relative(dirname(link), join(home, cache, 'blobs', target)), link)
    }
  }

  test('by its name, wherever the cache is', async () => {
    fetched()
    expect(await readModelFacts('maker/model-7B', options('vllm'))).toMatchObject({
      ok: true,
      value: { repository: 'maker/model-7B', weightsBytes: 128, config: { modelType: 'llama' } }
    })
    fetched('elsewhere/models--maker--model-7B')
    rmSync(join(home, '.cache'), { recursive: true })
    const env = { HF_HUB_CACHE: join(home, 'elsewhere') }
    expect(await readModelFacts('maker/model-7B', options('sglang', env))).toMatchObject({ ok: true })
  })

  test('a link whose file is not there yet is a file that is missing', async () => {
    fetched()
    rmSync(join(home, CACHE, 'blobs', 'aa'))
    expect(await readModelFacts('maker/model-7B', options('vllm'))).toMatchObject({
      ok: false,
      error: { kind: 'truncated', message: expect.stringContaining('model.safetensors is missing') }
    })
  })

  test('what refs/main does not name is found where it is the only one', async () => {
    fetched()
    writeFileSync(below(`${CACHE}/refs/main`), '../../../..')
    expect(await readModelFacts('maker/model-7B', options('vllm'))).toMatchObject({ ok: true })
    mkdirSync(below(`${CACHE}/snapshots/other`))
    expect(await readModelFacts('maker/model-7B', options('vllm'))).toMatchObject({
      ok: false,
      error: { kind: 'missing' }
    })
  })

  test.each(['maker/none', '../../etc', 'a/b/c', '', 'a b', '~x'])('%j is none', async (name) => {
    const refused = await readModelFacts(name, options('vllm'))
    expect(refused).toMatchObject({ ok: false, error: { kind: 'missing' } })
    if (!refused.ok) expect(refused.error.message).toMatch(/\.$/)
  })
})

describe('a model of Ollama', () => {
  const DIGEST = 'a'.repeat(64)
  const PROJECTOR = 'b'.repeat(64)

  function pulled(manifest: string, root = '.ollama/models'): void {
    makeGguf(below(`${root}/blobs/sha256-${DIGEST}`))
    writeFileSync(below(`${root}/blobs/sha256-${PROJECTOR}`), 'GGUF')
    const layers = [
      { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${DIGEST}`, size: 1 },
      { mediaType: 'application/vnd.ollama.image.projector', digest: `sha256:${PROJECTOR}`, size: 4 },
      { mediaType: 'application/vnd.ollama.image.license', digest: `sha256:${'c'.repeat(64)}`, size: 9 }
    ]
    writeFileSync(below(`${root}/manifests/${manifest}`), JSON.stringify({ layers }))
  }

  test.each([
    ['llama3.2:3b', 'registry.ollama.ai/library/llama3.2/3b'],
    ['llama3.2', 'registry.ollama.ai/library/llama3.2/latest'],
    ['someone/model:q8', 'registry.ollama.ai/someone/model/q8'],
    ['hf.co/maker/model-GGUF:Q4_K_M', 'hf.co/maker/model-GGUF/Q4_K_M']
  ])('%s', async (tag, manifest) => {
    pulled(manifest)
    expect(await readModelFacts(tag, options('ollama'))).toMatchObject({
      ok: true,
      value: {
        format: 'gguf',
        path: join(home, `.ollama/models/blobs/sha256-${DIGEST}`),
        architecture: 'llama',
        mmproj: { path: join(home, `.ollama/models/blobs/sha256-${PROJECTOR}`), fileBytes: 4 }
      }
    })
  })

  test('where OLLAMA_MODELS says', async () => {
    pulled('registry.ollama.ai/library/x/latest', 'store')
    const env = { OLLAMA_MODELS: join(home, 'store') }
    expect(await readModelFacts('x', options('ollama', env))).toMatchObject({ ok: true })
    expect(await readModelFacts('x', options('ollama'))).toMatchObject({ ok: false })
  })

  test.each(['../../x', 'a/b/c/d', ':', '', 'x:..', 'none'])('%j is none', async (tag) => {
    expect(await readModelFacts(tag, options('ollama'))).toMatchObject({
      ok: false,
      error: { kind: 'missing' }
    })
  })

  test('a manifest whose file is gone says which', async () => {
    pulled('registry.ollama.ai/library/x/latest')
    rmSync(join(home, `.ollama/models/blobs/sha256-${DIGEST}`))
    expect(await readModelFacts('x', options('ollama'))).toMatchObject({
      ok: false,
      error: { kind: 'missing', message: expect.stringContaining(DIGEST) }
    })
  })
})

describe('a model of LM Studio', () => {
  test.each(['openai/gpt-oss-20b', 'gpt-oss-20b', 'gpt-oss-20b@mxfp4'])('%s', async (key) => {
    const path = makeGguf(below('.lmstudio/models/someone/gpt-oss-20b-GGUF/gpt-oss-20b-MXFP4.gguf'))
    expect(await readModelFacts(key, options('lmstudio'))).toMatchObject({ ok: true, value: { path } })
    expect(await readModelFacts('gpt-oss-120b', options('lmstudio'))).toMatchObject({
      ok: false,
      error: { kind: 'missing' }
    })
  })

  test('one of several by what stands behind the @, and none without', async () => {
    const path = makeGguf(below('.lmstudio/models/maker/m-GGUF/m-Q4_K_M.gguf'))
    makeGguf(below('.lmstudio/models/maker/m-GGUF/m-Q8_0.gguf'))
    expect(await readModelFacts('m@q4_k_m', options('lmstudio'))).toMatchObject({ ok: true, value: { path } })
    expect(await readModelFacts('m', options('lmstudio'))).toMatchObject({
      ok: false,
      error: { kind: 'several' }
    })
  })
})

describe('paths', () => {
  test("'~' is the home folder; a folder with both kinds is read as the runner loads it", async () => {
    const path = makeGguf(below('models/m.gguf'))
    expect(await readModelFacts('~/models/m.gguf', options('llamacpp'))).toMatchObject({
      ok: true,
      value: { path }
    })
    writeSafetensors(below('models/model.safetensors'), { a: { dtype: 'F16', shape: [2] } })
    const format = async (kind: ModelFactsOptions['kind']) => {
      const facts = await readModelFacts(join(home, 'models'), options(kind))
      return facts.ok ? facts.value.format : facts.error
    }
    expect([await format('llamacpp'), await format('vllm')]).toEqual(['gguf', 'safetensors'])
  })

  test.each([
    ['/dev/null', 'not-a-file'],
    ['/dev/zero', 'not-a-file'],
    ['/proc/self/mem', 'empty'],
    ['/tmp/a\0b.gguf', 'unreadable'],
    ['/nonexistent/model.gguf', 'missing'],
    ['/nonexistent/model.safetensors', 'missing']
  ])('%j', async (path, kind) => {
    expect(await readModelFacts(path, options('llamacpp'))).toMatchObject({ ok: false, error: { kind } })
  })
})

describe('a reader that keeps what it has read', () => {
  test('an unchanged file is not read again; a changed one is', async () => {
    const reader = createModelFactsReader()
    const path = makeGguf(below('m.gguf'), { name: 'first' })
    const name = async () => {
      const facts = await reader.read(path, options('llamacpp'))
      return facts.ok && facts.value.format === 'gguf' ? facts.value.name : null
    }
    utimesSync(path, 1_000, 1_000)
    expect(await name()).toBe('first')
    const changed = readFileSync(path)
    changed.write('other', changed.indexOf('first'))
    writeFileSync(path, changed)
    utimesSync(path, 1_000, 1_000)
    expect(await name()).toBe('first')
    utimesSync(path, 1_000, 1_001)
    expect(await name()).toBe('other')
  })

  test('what failed is tried again', async () => {
    const reader = createModelFactsReader()
    const path = below('m.gguf')
    const source = readFileSync(makeGguf(below('source.gguf')))
    writeFileSync(path, source.subarray(0, 1_000))
    expect(await reader.read(path, options('llamacpp'))).toMatchObject({ ok: false })
    writeFileSync(path, source)
    expect(await reader.read(path, options('llamacpp'))).toMatchObject({ ok: true })
  })

  test('a projector that comes later is seen, and its end too', async () => {
    const reader = createModelFactsReader()
    const path = makeGguf(below('models/m-Q4_0.gguf'))
    // As if it had lain there for long.
    utimesSync(dirname(path), 1_000, 1_000)
    const projector = async () => {
      const facts = await reader.read(path, options('llamacpp'))
      return facts.ok && facts.value.format === 'gguf' ? facts.value.mmproj?.path : null
    }
    expect(await projector()).toBeUndefined()
    const mmproj = below('models/mmproj-F16.gguf')
    writeFileSync(mmproj, 'GGUF')
    expect(await projector()).toBe(mmproj)
    rmSync(mmproj)
    expect(await projector()).toBeUndefined()
  })

  test('more models than are kept are read none the less, and all files are closed', async () => {
    const reader = createModelFactsReader()
    const bytes = readFileSync(makeGguf(below('source.gguf'), { layers: 1, embedding: 32, feedForward: 32 }))
    const paths = Array.from({ length: 2_100 }, (_, at) => below(`many/${at}.gguf`))
    for (const path of paths) writeFileSync(path, bytes.subarray(0, 1))
    for (const path of paths.slice(0, 3)) writeFileSync(path, bytes)
    const open = readdirSync('/proc/self/fd').length
    for (const path of paths) await reader.read(path, options('llamacpp'))
    for (const path of paths.slice(0, 3)) {
      expect(await reader.read(path, options('llamacpp'))).toMatchObject({ ok: true })
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(open)
  })
})
