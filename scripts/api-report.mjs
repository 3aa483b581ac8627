// Keeps one API report per entry point under api/, so that a change of the public API shows in review.
// `--check` compares instead of writing.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { publishedPackages, root } from './packages.mjs';

const check = process.argv.includes('--check');
const reportFolder = join(root, 'api');
const scratch = mkdtempSync(join(tmpdir(), 'rea-api-'));
const current = new Set();
const problems = [];

mkdirSync(reportFolder, { recursive: true });
try {
  for (const entry of publishedPackages()) {
    const entries = typeEntries(entry.manifest);
    if (entries.length === 0) problems.push(`${entry.manifest.name} exports no types`);
    for (const [subpath, types] of entries) {
      report(entry.folder, [entry.name, ...subpath.split('/').slice(1)].join('.'), join(entry.folder, types));
    }
  }
} finally {
  rmSync(scratch, { recursive: true });
}

for (const stale of readdirSync(reportFolder).filter((file) => file.endsWith('.api.md') && !current.has(file))) {
  if (check) problems.push(`api/${stale} belongs to no entry point`);
  else rmSync(join(reportFolder, stale));
}

for (const problem of problems) console.error(problem);
if (check && problems.length > 0) console.error('Run `npm run api`, review the difference and commit it.');
process.exitCode = problems.length > 0 ? 1 : 0;

function typeEntries({ exports = {} }) {
  return Object.entries(exports)
    .map(([subpath, target]) => [subpath, target.types ?? target.import?.types])
    .filter(([, types]) => types !== undefined);
}

function report(folder, name, mainEntryPointFilePath) {
  const reportFileName = `${name}.api.md`;
  current.add(reportFileName);
  if (!existsSync(mainEntryPointFilePath)) {
    problems.push(`${relative(root, mainEntryPointFilePath)} does not exist`);
    return;
  }

  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'NodeNext',
            target: 'ES2023',
            lib: ['ES2023', 'ESNext.Disposable'],
            types: ['node'],
          },
          files: [mainEntryPointFilePath],
        },
      },
      apiReport: { enabled: true, reportFileName, reportFolder, reportTempFolder: scratch },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // A type that users see but cannot import belongs in the report, for review to judge.
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.None, addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });

  const result = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) problems.push(`${reportFileName}: ${message.text}`);
    },
  });
  if (check && result.apiReportChanged) problems.push(`api/${reportFileName} is out of date`);
}
