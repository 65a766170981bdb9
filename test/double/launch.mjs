// node test/double/launch.mjs out/main/index.js [arguments]: runs a built main process on the double.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import './register.mjs'

// As Electron has it: argv[1] is the application, its own arguments follow.
process.argv.splice(1, 2, resolve(process.argv[2] ?? 'out/main/index.js'))
const { app } = await import('./app.mjs')
await import(pathToFileURL(process.argv[1]).href)
app.mainModuleEvaluated()
