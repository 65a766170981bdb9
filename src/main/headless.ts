import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { composeCore } from './compose.ts'
import { placesFromEnv } from './platform/places.ts'
import { stderrLogger, surviveClosedStreams } from './platform/system.ts'

// Plain-Node composition: the same core, the same panel in a browser. Flags: --port N, --open, --no-web.

const EXIT_USAGE = 2
const EXIT_UNEXPECTED = 1

function readFlags(): { port: number | undefined; open: boolean; web: boolean } {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      open: { type: 'boolean', default: false },
      'no-open': { type: 'boolean', default: false },
      'no-web': { type: 'boolean', default: false }
    }
  })
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new Error(`--port takes a number from 0 to 65535, not '${values.port}'`)
  }
  return { port, open: values.open && !values['no-open'], web: !values['no-web'] }
}

/** Best effort: a machine without a browser still has the URL on stdout. */
function openInBrowser(url: string): void {
  spawn('xdg-open', [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref()
}

async function main(): Promise<void> {
  surviveClosedStreams()
  const flags = readFlags()
  const logger = stderrLogger('info')
  const places = placesFromEnv(process.env, import.meta.dirname)
  const composed = await composeCore({ host: 'headless', places, logger, openPanel: null })
  if (!composed.ok) throw new Error(composed.error)
  const core = composed.value

  if (flags.web) {
    const opened = await core.openWeb(flags.port)
    if (!opened.ok) {
      await core.dispose()
      console.error(`firebreak: ${opened.error.message}`)
      process.exitCode = opened.error.code === 'port-in-use' ? EXIT_USAGE : EXIT_UNEXPECTED
      return
    }
    console.log(opened.value.url)
    const link = flags.open ? core.singleUseUrl() : null
    if (link !== null) openInBrowser(link)
  }
  if (core.role === 'client') {
    logger.info('Firebreak already runs; this is its panel.')
    await core.dispose()
    return
  }
  logger.info('Firebreak runs here until Ctrl-C; models go on without it.')
  const leave = (): void => {
    const running = core.runningLabels()
    if (running.length > 0) {
      logger.info(
        `${running.join(', ')} keep${running.length === 1 ? 's' : ''} running; the next start takes over.`
      )
    }
    void core.dispose().then(() => process.exit(0))
  }
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  process.once('SIGHUP', leave)
}

main().catch((error: unknown) => {
  console.error(`firebreak: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = EXIT_USAGE
})
