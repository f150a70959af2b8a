import { render } from 'preact';
import type { ReportData } from '../src/report-data.js';
import { App } from './app.js';
import { Report } from './report.js';
import { shownText } from './shown-text.js';

const data = document.getElementById('data');
const place = document.getElementById('page');
if (data === null || place === null) throw new Error('the page has no data, or no place for it');
const report = new Report(JSON.parse(data.textContent ?? '') as ReportData);
document.title = `${shownText(report.data.target)}: ${report.data.isUpToDate ? 'up to date' : 'out of date'}`;
render(<App report={report} />, place);
