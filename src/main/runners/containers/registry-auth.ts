import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { member, parseJson, textMember } from './json.ts'

/** Docker Hub's entry has kept the name of its first interface. */
const HUB_ENTRIES = ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io']
const HUB = 'docker.io'

/**
 * The user's own login of `docker login`, as the header that engines take; null where there is none in the file. The
 * engine does not read that file by itself: without this, images that need a login (NVIDIA's NIM) are refused.
 *
 * Never logged, never part of an error.
 */
export async function registryAuth(
  registry: string,
  env: NodeJS.ProcessEnv,
  homeDir: string
): Promise<string | null> {
  const folder = env['DOCKER_CONFIG'] ?? join(homeDir, '.docker')
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => null)
  return text === null ? null : authFrom(text, registry)
}

export function authFrom(configText: string, registry: string): string | null {
  const auths = member(parseJson(configText), 'auths')
  const names = registry === HUB ? HUB_ENTRIES : [registry, `https://${registry}`, `https://${registry}/`]
  for (const name of names) {
    const login = Buffer.from(textMember(member(auths, name), 'auth') ?? '', 'base64').toString('utf8')
    const at = login.indexOf(':')
    if (at < 0) continue
    const username = login.slice(0, at)
    const password = login.slice(at + 1)
    return Buffer.from(JSON.stringify({ username, password, serveraddress: name })).toString('base64url')
  }
  return null
}
