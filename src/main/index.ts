import { join } from 'node:path'
import { composeCore } from './compose.ts'
import { prepareElectron, startShell } from './electron/shell.ts'
import { placesFromEnv } from './platform/places.ts'
import { stderrLogger } from './platform/system.ts'
import { peekSettings } from './settings/store.ts'

// Desktop composition: wiring only.

const logger = stderrLogger('warn')
const places = placesFromEnv(process.env, import.meta.dirname)
const { hardwareAcceleration } = peekSettings(places.configDir)

if (prepareElectron({ hardwareAcceleration })) {
  const composed = await composeCore({ host: 'electron', places, logger })
  if (composed.ok) {
    await startShell({
      endpoint: composed.value.endpoint,
      places: {
        rendererDir: places.rendererDir,
        preloadPath: join(places.entryDir, '..', 'preload', 'index.cjs'),
        resourcesDir: join(places.entryDir, '..', '..', 'resources')
      },
      logger,
      onQuit: () => composed.value.dispose()
    })
  } else {
    logger.error(composed.error)
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  }
}
