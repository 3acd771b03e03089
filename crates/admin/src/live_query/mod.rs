//! LiveQuery: queries whose results follow the objects. It needs the object storage, which is
//! not part of this server.

mod refuse;

pub(crate) use refuse::refuse;
