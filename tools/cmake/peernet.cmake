# What every folder's CMakeLists.txt is written with.
include_guard()

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(PEERNET_PLUGIN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/peernet)

# Our own code only: warnings (gcc 12 reports -Wrestrict inside std::string wrongly, its bug 105651),
# include root, sanitizers.
add_library(peernet_options INTERFACE)
target_include_directories(peernet_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(peernet_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       $<$<BOOL:${PEERNET_WERROR}>:-Werror>)
if(PEERNET_FUZZ)
  # All that the fuzzers call tells them which ways it goes.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PEERNET_SANITIZE)
  # CAF's headers bind null references on purpose; everything else of UBSan stays on.
  add_compile_options(-fsanitize=${PEERNET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(PEERNET_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=null)
  endif()
  add_link_options(-fsanitize=${PEERNET_SANITIZE})
endif()

# peernet_library(core SOURCES … [PUBLIC libs…] [PRIVATE libs…] [SHARED])
# makes peernet_core, alias peernet::core.
function(peernet_library name)
  cmake_parse_arguments(arg "SHARED" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(kind STATIC)
  if(arg_SHARED)
    set(kind SHARED)
  endif()
  add_library(peernet_${name} ${kind} ${arg_SOURCES})
  add_library(peernet::${name} ALIAS peernet_${name})
  set_target_properties(peernet_${name} PROPERTIES OUTPUT_NAME peernet-${name} EXPORT_NAME ${name})
  target_link_libraries(peernet_${name} PUBLIC $<BUILD_INTERFACE:peernet_options> ${arg_PUBLIC}
                        PRIVATE ${arg_PRIVATE})
endfunction()

# peernet_plugin(images SOURCES … PRIVATE libs…) makes lib/peernet/peernet-images.so.
function(peernet_plugin name)
  cmake_parse_arguments(arg "" "" "SOURCES;PRIVATE" ${ARGN})
  add_library(peernet_${name} MODULE ${arg_SOURCES})
  set_target_properties(peernet_${name} PROPERTIES OUTPUT_NAME peernet-${name} PREFIX ""
                        LIBRARY_OUTPUT_DIRECTORY ${PEERNET_PLUGIN_OUTPUT_DIRECTORY})
  target_link_libraries(peernet_${name} PRIVATE peernet_options peernet::core ${arg_PRIVATE})
  add_dependencies(peernet_plugins peernet_${name})
endfunction()
add_custom_target(peernet_plugins ALL)

# peernet_tests(core FILES clock_test.cpp … LIBS …) makes one program, and one ctest entry per file. Each file
# holds one suite of its own name: BOOST_AUTO_TEST_SUITE(clock_test). A name that matches no suite fails.
function(peernet_tests folder)
  cmake_parse_arguments(arg "" "" "FILES;LIBS;LABELS" ${ARGN})
  string(REPLACE "/" "-" program test-${folder})
  add_executable(${program} ${PROJECT_SOURCE_DIR}/tests/support/main.cpp ${arg_FILES})
  target_link_libraries(${program} PRIVATE peernet_options Boost::unit_test_framework ${arg_LIBS})
  target_compile_definitions(${program} PRIVATE BOOST_TEST_DYN_LINK
    PEERNET_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PEERNET_BINARY_DIR="${PROJECT_BINARY_DIR}")
  foreach(file IN LISTS arg_FILES)
    get_filename_component(suite ${file} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${folder}/${suite})
    add_test(NAME ${name} COMMAND ${program} --run_test=${suite} --catch_system_errors=no)
    set_tests_properties(${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77
                         LABELS "${arg_LABELS}")
  endforeach()
endfunction()
