//! The office's halls and its sign-on against their doubles, over real HTTP.

#[cfg(test)]
mod cas;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod halls;
#[cfg(test)]
mod office;
#[cfg(test)]
mod page;
#[cfg(test)]
mod pull;
#[cfg(test)]
mod told;
#[cfg(test)]
mod town;

#[cfg(test)]
use self::{
    clock::Still,
    town::{NOW, NOW_S, PUSHED, SITE, Town, asked, secret, settled},
};
