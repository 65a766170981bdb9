import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadKernel } from '../../../../src/main/sentinel/kernel.ts'
import { peerOf, refusalOf } from '../../../../src/main/sentinel/peer.ts'

const OWN = 1_000

test.each([
  ['itself', { pid: 7, uid: OWN }, null],
  ['root', { pid: 7, uid: 0 }, null],
  ['nobody knows who', null, null],
  ['another user', { pid: 7, uid: 1_001 }, 'it belongs to user 1001'],
  ['another process', { pid: 8, uid: OWN }, 'it says it is process 7, and is process 8'],
  ['one of another namespace', { pid: 0, uid: OWN }, 'it says it is process 7, and is process 0']
])('a core that is %s', (_, peer, refusal) => expect(refusalOf(peer, 7, OWN)).toBe(refusal))

test('the kernel tells who connected', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'peer-'))
  const path = join(dir, 's')
  const taken = await new Promise<Socket>((done) => {
    const server = createServer((socket) => {
      server.close()
      done(socket)
    }).listen(path, () => void connect(path).on('error', () => undefined))
  })
  const kernel = loadKernel()
  expect(peerOf(kernel, taken)).toEqual({ pid: process.pid, uid: process.getuid?.() })
  taken.destroy()
  expect(peerOf(kernel, taken)).toBeNull()
  rmSync(dir, { recursive: true })
})
