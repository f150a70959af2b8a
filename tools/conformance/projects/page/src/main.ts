import './style.css';
import icon from './icon.svg';

const { total } = await import('./prices');
document.body.append(`${icon} ${total([1, 2])} ${import.meta.env.MODE}`);
