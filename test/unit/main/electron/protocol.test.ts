import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppHandler, fileOfUrl } from '../../../../src/main/electron/protocol.ts'

const ROOT = '/srv/renderer'

describe('fileOfUrl', () => {
  it('maps a URL to a file below the root', () => {
    expect(fileOfUrl('app://firebreak/', ROOT)).toBe(`${ROOT}/index.html`)
    expect(fileOfUrl('app://firebreak/index.html?x#y', ROOT)).toBe(`${ROOT}/index.html`)
    expect(fileOfUrl('app://firebreak/assets/a%20b.js', ROOT)).toBe(`${ROOT}/assets/a b.js`)
  })

  it.each([
    'app://firebreak/..%2f..%2fetc/passwd',
    'app://firebreak/%2e%2e%2fsecret.html',
    'app://firebreak/assets/..%2f..%2f..%2fsecret.html',
    'app://firebreak/..%5c..%5csecret.html',
    'app://firebreak/index.html%00.png',
    'app://firebreak/%ff',
    'app://firebreak/assets/..%2f',
    'app://elsewhere/index.html',
    'nonsense'
  ])('finds no file for %s', (url) => {
    expect(fileOfUrl(url, ROOT)).toBeNull()
  })

  it('keeps encoded slashes at the front inside the root', () => {
    expect(fileOfUrl('app://firebreak/%2fetc/passwd', ROOT)).toBe(`${ROOT}/etc/passwd`)
    expect(fileOfUrl('app://firebreak/../../etc/passwd', ROOT)).toBe(`${ROOT}/etc/passwd`)
  })
})

describe('createAppHandler', () => {
  let folder = ''
  const HEADERS = { 'content-security-policy': "default-src 'none'" }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firebreak-protocol-'))
    await mkdir(join(folder, 'renderer', 'assets'), { recursive: true })
    await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html>')
    await writeFile(join(folder, 'renderer', 'assets', 'main.js'), 'export {}')
    await writeFile(join(folder, 'renderer', 'notes.txt'), 'not for the page')
    await writeFile(join(folder, 'secret.html'), 'secret')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const get = (url: string, method = 'GET'): Promise<Response> =>
    createAppHandler(join(folder, 'renderer'), HEADERS)(new Request(url, { method }))

  it('serves files with their type and the security headers', async () => {
    const page = await get('app://firebreak/index.html')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.headers.get('content-security-policy')).toBe("default-src 'none'")
    expect(await page.text()).toBe('<!doctype html>')
    const script = await get('app://firebreak/assets/main.js')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  it('answers 404 for what is not there, not a page, or outside, with the headers too', async () => {
    for (const url of [
      'app://firebreak/gone.js',
      'app://firebreak/notes.txt',
      'app://firebreak/assets',
      'app://firebreak/%2e%2e%2fsecret.html'
    ]) {
      const answer = await get(url)
      expect([url, answer.status]).toEqual([url, 404])
      expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'")
      expect(await answer.text()).not.toContain('secret')
    }
  })

  it('takes no other method', async () => {
    expect((await get('app://firebreak/index.html', 'POST')).status).toBe(405)
  })
})
