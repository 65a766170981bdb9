import { join } from 'node:path'
import { hubCacheFolder, huggingFaceHome } from '../models/stores.ts'
import { readTextUpTo } from '../models/read-text.ts'

const DEFAULT_ENDPOINT = 'https://huggingface.co'
/** A token has 37 characters; whatever is much longer is none. */
const TOKEN_BYTES = 4_096
const TOKEN = /^[\x21-\x7e]{1,512}$/

/** Which server models come from, and where they go, as Hugging Face documents its variables. */
export interface Hub {
  /** Without a slash at its end. */
  readonly endpoint: URL
  readonly cacheFolder: string
  /** Null: none was set. Never shown, never logged. */
  readonly token: string | null
  /** For the proxies it names. */
  readonly env: NodeJS.ProcessEnv
}

/** Reads HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, HF_TOKEN, HF_TOKEN_PATH; null where the endpoint is no address. */
export async function hubFrom(homeDir: string, env: NodeJS.ProcessEnv): Promise<Hub | null> {
  const endpoint = parseEndpoint(env['HF_ENDPOINT'] || DEFAULT_ENDPOINT)
  if (endpoint === null) return null
  return { endpoint, cacheFolder: hubCacheFolder(homeDir, env), token: await readToken(homeDir, env), env }
}

function parseEndpoint(text: string): URL | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null
  url.pathname = url.pathname.replace(/\/+$/, '')
  url.search = ''
  url.hash = ''
  return url
}

async function readToken(homeDir: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const path = env['HF_TOKEN_PATH'] || join(huggingFaceHome(homeDir, env), 'token')
  const given = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || (await readTextUpTo(path, TOKEN_BYTES))
  const token = given?.trim() ?? ''
  return TOKEN.test(token) ? token : null
}

/** An address below the endpoint; each segment is made safe. */
export const hubUrl = ({ endpoint }: Hub, ...segments: readonly string[]): URL => {
  const url = new URL(endpoint)
  const path = segments.map((segment) => encodeURIComponent(segment)).join('/')
  url.pathname = `${endpoint.pathname.replace(/\/$/, '')}/${path}`
  return url
}
